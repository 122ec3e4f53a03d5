"""The statistics of sweeps against scipy and plain enumeration, on recorded numbers: sweep_statistics_test.py PROGRAM.

PROGRAM prints what `thaw show --json` says of a recorded sweep: the members' values, and what was made of them. Here everything is
computed again from the values alone, by other means: products of indices instead of multisets, scipy's tests, least squares.
"""

import itertools
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77
PROGRAM = None

try:
    import numpy as np
    from scipy import stats
except ImportError:
    # Debian's scipy belongs to Debian's Python, which may not be the first one in PATH.
    if os.path.exists("/usr/bin/python3") and not os.environ.get("THAW_SCIPY_TRIED"):
        os.environ["THAW_SCIPY_TRIED"] = "1"
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: scipy is not installed (Debian: python3-scipy)")
    sys.exit(SKIPPED)


def shown(sweep):
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run([PROGRAM, folder, sweep, "json"], check=True, capture_output=True, text=True).stdout
    return json.loads(text)


def expanded_tail(n):
    """Hesterberg 2015: the level at which a percentile interval has the reach of Student's t with divisor n - 1."""
    return stats.norm.sf(math.sqrt(n / (n - 1)) * stats.t.isf(0.025, n - 1))


def enumerated_interval(values, statistic):
    """All n^n resamples, one by one: no multisets, no weights."""
    n = len(values)
    found = np.sort([statistic(list(chosen)) for chosen in itertools.product(range(n), repeat=n)])
    at = math.ceil(expanded_tail(n) * len(found) - 1e-6)  # the least value with so many at or below it
    return found[at - 1], found[len(found) - at]


class Sweep:
    def __init__(self, name):
        self.shown = shown(name)
        self.sign = 1 if self.shown["more_is_better"] else -1
        self.by_point = {}
        for member in self.shown["members"]:
            if member["state"] == "done":
                self.by_point.setdefault(member["point"], {})[member["seed"]] = member["value"]
        self.points = {point["point"]: point for point in self.shown["points"]}

    def settings_point(self, **settings):
        for number, point in self.points.items():
            if point["settings"] == settings:
                return number
        raise KeyError(settings)


class Case(unittest.TestCase):
    def assert_close(self, found, wanted, message=""):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12, err_msg=message)


class FiveSeeds(Case):
    @classmethod
    def setUpClass(cls):
        cls.sweep = Sweep("strategies")

    def test_means_are_those_of_the_members(self):
        self.assertEqual(len(self.sweep.points), 16)
        for number, point in self.sweep.points.items():
            self.assert_close(point["value"]["mean"], np.mean(list(self.sweep.by_point[number].values())))

    def test_intervals_are_quantiles_of_all_resamples(self):
        for number, point in self.sweep.points.items():
            values = np.array([self.sweep.by_point[number][seed] for seed in range(1, 6)])
            self.assertEqual(point["value"]["method"], "bootstrap, all multisets")
            wanted = enumerated_interval(values, lambda chosen: values[chosen].mean())
            self.assert_close(point["value"]["interval"], wanted, point["label"])

    def pair_values(self, pair, key, setting):
        point = self.sweep.settings_point(strategy=pair[key], images=setting)
        return np.array([self.sweep.by_point[point][seed] for seed in range(1, 6)])

    def check_pair(self, pair, settings):
        x = np.array([self.pair_values(pair, "better", setting) for setting in settings])
        y = np.array([self.pair_values(pair, "worse", setting) for setting in settings])
        differences = (x - y).mean(axis=0)
        self.assert_close(pair["difference"]["mean"], differences.mean())
        self.assertGreaterEqual(differences.mean(), 0)
        self.assert_close(pair["difference"]["interval"],
                          enumerated_interval(differences, lambda chosen: differences[chosen].mean()), pair["words"])
        self.assert_close(pair["p_value"], stats.ttest_rel(x.mean(axis=0), y.mean(axis=0)).pvalue)
        improvements = [stats.mannwhitneyu(a, b).statistic / 25 for a, b in zip(x, y)]
        self.assert_close(pair["probability"], np.mean(improvements))
        wins = (x[:, :, None] > y[:, None, :]) + 0.5 * (x[:, :, None] == y[:, None, :])
        mean_wins = wins.mean(axis=0)
        self.assert_close(pair["probability_interval"],
                          enumerated_interval(differences, lambda chosen: mean_wins[np.ix_(chosen, chosen)].mean()))

    def test_pairs_at_each_setting(self):
        pairs = self.sweep.shown["comparisons"]["by_setting"]
        self.assertEqual(len(pairs), 6 * 4)
        for pair in pairs:
            self.check_pair(pair, [pair["settings"]["images"]])

    def test_pairs_averaged_over_settings(self):
        pairs = self.sweep.shown["comparisons"]["averaged"]
        self.assertEqual(len(pairs), 6)
        for pair in pairs:
            self.check_pair(pair, ["20", "100", "500", "2000"])

    def check_holm(self, pairs):
        # From the definition: of the k-th smallest, the largest (m - i + 1) p_i for i <= k. scipy 1.10 has no Holm.
        p = np.array([pair["p_value"] for pair in pairs])
        for pair in pairs:
            smaller = np.sort(p[p <= pair["p_value"]])
            wanted = min(1, max((len(p) - i) * value for i, value in enumerate(smaller)))
            self.assert_close(pair["corrected_p_value"], wanted)
            interval = pair["difference"]["interval"]
            self.assertEqual(pair["is_distinguishable"], bool(wanted < 0.05 and not interval[0] <= 0 <= interval[1]))

    def test_holm(self):
        comparisons = self.sweep.shown["comparisons"]
        self.check_holm(comparisons["by_setting"])
        self.check_holm(comparisons["averaged"])
        self.check_holm(comparisons["points_with_first"])
        said = {pair["is_distinguishable"] for pair in comparisons["by_setting"]}
        self.assertEqual(said, {True, False}, "the recorded numbers no longer show both")

    def test_what_mattered(self):
        """Nested least squares, and the same kind of permutations drawn by another generator."""
        numbers = sorted(self.sweep.points)
        y = np.array([np.mean(list(self.sweep.by_point[number].values())) for number in numbers])
        columns = {axis: np.array([[point["settings"][axis] == level for level in levels[1:]]
                                   for point in (self.sweep.points[number] for number in numbers)], dtype=float)
                   for axis, levels in (("strategy", ["frozen", "fine-tune", "gradual", "from scratch"]),
                                        ("images", ["20", "100", "500", "2000"]))}
        ones = np.ones((16, 1))

        def squares(*blocks):
            design = np.hstack(blocks)
            return np.sum((y - design @ np.linalg.lstsq(design, y, rcond=None)[0])**2)

        total, left = squares(ones), squares(ones, *columns.values())
        for row in self.sweep.shown["importance"]:
            other = next(columns[axis] for axis in columns if axis != row["axis"])
            explained, df, df_left = squares(ones, other) - left, 3, 9
            self.assert_close(row["share"], max(0, (explained - df * left / df_left) / total))
            reduced, full = np.hstack([ones, other]), np.hstack([ones, *columns.values()])
            fit_reduced, fit_full = (design @ np.linalg.pinv(design) for design in (reduced, full))
            residuals = y - fit_reduced @ y
            drawn = np.random.default_rng(1).permuted(np.tile(residuals, (40000, 1)), axis=1) + fit_reduced @ y
            drawn_left = np.sum((drawn - drawn @ fit_full)**2, axis=1)
            drawn_explained = np.sum((drawn - drawn @ fit_reduced)**2, axis=1) - drawn_left
            p = np.mean(drawn_explained / drawn_left >= explained / left * (1 - 1e-9))
            self.assertLess(abs(row["p_value"] - p), 0.0002 + 4 * math.sqrt(p / 10000), (row, p))

    def test_share_of_seeds(self):
        values = np.array([[self.sweep.by_point[number][seed] for seed in range(1, 6)] for number in self.sweep.points])
        within = np.sum((values - values.mean(axis=1, keepdims=True))**2)
        self.assert_close(self.sweep.shown["seeds_share"], within / np.sum((values - values.mean())**2))


class ThreeSeeds(Case):
    def test_intervals_are_students(self):
        sweep = Sweep("three-seeds")
        for number, point in sweep.points.items():
            values = list(sweep.by_point[number].values())
            self.assertEqual(point["value"]["method"], "student")
            wanted = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
            self.assert_close(point["value"]["interval"], wanted)


class LessIsBetter(Case):
    def test_differences_are_turned(self):
        sweep = Sweep("losses")
        (pair,) = sweep.shown["comparisons"]["by_setting"]
        sgd, adam = (np.array(list(sweep.by_point[point].values())) for point in (0, 1))
        self.assertEqual((pair["better"], pair["worse"]), ("adam", "sgd"))
        self.assert_close(pair["difference"]["mean"], np.mean(sgd - adam))
        self.assert_close(pair["p_value"], stats.ttest_rel(adam, sgd).pvalue)
        self.assert_close(pair["probability"], stats.mannwhitneyu(sgd, adam).statistic / 36)
        self.assert_close(pair["difference"]["interval"],
                          enumerated_interval(sgd - adam, lambda chosen: (sgd - adam)[chosen].mean()))


class ManySeeds(Case):
    def test_drawn_resamples_come_near_the_distribution(self):
        """12 seeds are too many to enumerate here; scipy's own draw is another one of the same distribution."""
        sweep = Sweep("many-seeds")
        for number, point in sweep.points.items():
            values = np.array(list(sweep.by_point[number].values()))
            self.assertEqual(len(values), 12)
            self.assertEqual(point["value"]["method"], "bootstrap, resampled")
            tail = expanded_tail(12)
            drawn = stats.bootstrap((values,), np.mean, confidence_level=1 - 2 * tail, n_resamples=40000,
                                    method="percentile", random_state=np.random.default_rng(1))
            reach = drawn.confidence_interval.high - drawn.confidence_interval.low
            np.testing.assert_allclose(point["value"]["interval"], drawn.confidence_interval, atol=0.04 * reach)


class Diverged(Case):
    def test_loses_against_every_seed_that_has_a_value(self):
        sweep = Sweep("troubled")
        pairs = [pair for pair in sweep.shown["comparisons"]["by_setting"]
                 if pair["settings"]["images"] == "100" and {pair["better"], pair["worse"]} == {"frozen", "fine-tune"}]
        (pair,) = pairs
        frozen = sweep.by_point[sweep.settings_point(strategy="frozen", images="100")]
        tuned = dict(sweep.by_point[sweep.settings_point(strategy="fine-tune", images="100")])
        self.assertEqual(sorted(tuned), [2, 3, 4, 5])
        tuned[1] = -math.inf  # it diverged
        wanted = stats.mannwhitneyu(list(frozen.values()), list(tuned.values())).statistic / 25
        self.assertEqual(pair["better"], "frozen")
        self.assert_close(pair["probability"], wanted)
        self.assert_close(pair["difference"]["mean"], np.mean([frozen[s] - tuned[s] for s in (2, 3, 4, 5)]))
        self.assert_close(pair["p_value"], stats.ttest_rel([frozen[s] for s in (2, 3, 4, 5)],
                                                           [tuned[s] for s in (2, 3, 4, 5)]).pvalue)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
