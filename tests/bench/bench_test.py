#!/usr/bin/env python3
"""Tests of the benchmark's arithmetic: nothing here measures, so it holds on a busy machine."""

import json
import os
import sys
import tempfile
import unittest

import foreign_load
import localization_suite
import sweep_suite
from variant import Variant, in_turns, verdict, verdict_line


def variant(program, way, allocator, *rates, peak=100, foreign=0.0):
    made = Variant(program, way, allocator, [])
    for rate in rates:
        made.results.append(
            {
                "samples_per_second": rate,
                "peak_rss_bytes": peak,
                "time_to_first_step_s": 0.5,
                "foreign_cores": foreign,
            }
        )
    return made


class BenchTest(unittest.TestCase):
    def test_disturbed_results_count_only_without_quiet_ones(self):
        mixed = variant("t", "", "tuned", 10.0, 20.0, 60.0)
        mixed.results[0]["foreign_cores"] = 0.5
        self.assertEqual(mixed.median("samples_per_second"), 40.0)
        self.assertEqual(variant("t", "", "tuned", 10.0, foreign=0.5).median("samples_per_second"), 10.0)

    def test_thaw_is_measured_among_the_others(self):
        self.assertEqual(in_turns("T", ["a", "b", "c", "d"]), ["T", "a", "b", "c", "T", "d"])
        self.assertEqual(in_turns(None, ["a"]), ["a"])
        self.assertEqual(in_turns("T", []), ["T"])

    def test_verdicts_compare_with_the_best_way_of_each_kind(self):
        thaw = variant("thaw", "", "as it comes", 200.0, peak=60)
        others = [
            variant("torch", "contiguous", "as it comes", 50.0, peak=100),
            variant("torch", "channels_last", "as it comes", 100.0, peak=120),
            variant("torch", "channels_last", "tuned", 160.0, peak=150),
        ]
        rows = localization_suite.verdicts(thaw, others)
        self.assertEqual(
            [(row["target"], row["against"], row["value"], row["passed"]) for row in rows],
            [
                ("throughput, as it comes", "torch: channels_last", 2.0, True),
                ("throughput, tuned", "torch: channels_last", 1.25, False),
                ("peak memory", "torch: contiguous", 0.6, False),
                ("first step, seconds", "command to first step", 0.5, True),
            ],
        )

    def test_no_verdict_on_speed_where_a_way_was_only_measured_disturbed(self):
        thaw = variant("thaw", "", "as it comes", 200.0, peak=40)
        others = [
            variant("torch", "contiguous", "as it comes", 50.0),
            variant("torch", "channels_last", "as it comes", 20.0, foreign=0.9),
            variant("torch", "channels_last", "tuned", 100.0),
        ]
        self.assertEqual([row["passed"] for row in localization_suite.verdicts(thaw, others)], [None, True, True, True])
        thaw.results[0]["foreign_cores"] = 0.9
        self.assertEqual([row["passed"] for row in localization_suite.verdicts(thaw, others)], [None, None, True, None])

    def test_a_verdict_says_pass_short_unknown_or_nothing(self):
        self.assertEqual(
            [
                verdict_line(verdict("speed", "torch: way", 1.234, 1.1, True)),
                verdict_line(verdict("speed", "torch: way", 1.234, 1.5, False)),
                verdict_line(verdict("speed", "no such program", None, 1.5, None)),
                verdict_line(verdict("speed", "torch: way", 1.234, None, None)),
            ],
            [
                f"{'PASS':7} {'speed':38}  1.23 (target 1.1)   torch: way",
                f"{'SHORT':7} {'speed':38}  1.23 (target 1.5)   torch: way",
                f"{'UNKNOWN':7} {'speed':38}     - (target 1.5)   no such program",
                f"{'':7} {'speed':38}  1.23 (no target)    torch: way",
            ],
        )

    def test_members_between_the_measured_sizes_lie_on_a_line(self):
        seconds = sweep_suite.line_through([(100, 2.0), (2000, 21.0)])
        self.assertAlmostEqual(seconds(100), 2.0)
        self.assertAlmostEqual(seconds(2000), 21.0)
        self.assertAlmostEqual(seconds(500), 6.0)
        self.assertAlmostEqual(seconds(20), 1.2)

    def test_features_that_members_share_count_once(self):
        def member(wall_s, *rows):
            features = [{"key": key, "computed": computed, "seconds": seconds} for key, computed, seconds in rows]
            return {"wall_s": wall_s, "trunk_s": sum(row["seconds"] for row in features), "features": features}

        first, waited = member(5.0, ("a", 20, 3.0)), member(4.0, ("a", 0, 2.5), ("b", 10, 1.0))
        other = member(7.0, ("c", 10, 2.0), (None, 0, 0.5))
        everyone = [first, waited, other]
        self.assertAlmostEqual(sweep_suite.seconds_in_sweep([first, waited], everyone), 2.0 + 0.5 + 3.0 + 1.0)
        self.assertAlmostEqual(sweep_suite.seconds_in_sweep([waited], everyone), 0.5 + 3.0 + 1.0)
        self.assertAlmostEqual(sweep_suite.seconds_in_sweep([other], everyone), 4.5 + 2.0)

    def test_key_is_found_at_any_depth(self):
        self.assertEqual(localization_suite.find_key({"a": [{"b": 0}, {"c": 3}]}, "c"), 3)
        self.assertEqual(localization_suite.find_key({"a": [{"b": 0}]}, "b"), 0)
        self.assertIsNone(localization_suite.find_key({"a": 1}, "x"))

    def test_thaw_is_read_through_its_last_line_and_show(self):
        with tempfile.TemporaryDirectory() as folder:
            thaw = os.path.join(folder, "thaw")
            shown = json.dumps({"timing": {"samples_per_second": 7, "time_to_first_step_s": 0.2}})
            with open(thaw, "w") as file:
                file.write(f"#!/bin/sh\n[ \"$*\" = 'show /r/1 --json' ] && echo '{shown}'\n")
            os.chmod(thaw, 0o755)
            result = localization_suite.read_thaw("epoch 1\nrun: /r/1\n", thaw)
            self.assertEqual((result["samples_per_second"], result["time_to_first_step_s"]), (7, 0.2))
            with self.assertRaisesRegex(SystemExit, "the last line is not 'run: DIR': 'other'"):
                localization_suite.read_thaw("other\n", thaw)

    def test_busy_time_leaves_out_idle_and_waiting(self):
        text = "cpu  100 20 30 1000 500 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
        self.assertAlmostEqual(foreign_load.parse_busy_seconds(text), 156 / foreign_load.TICKS)

    def test_busiest_process_is_named(self):
        before = {1: (5.0, "old"), 2: (1.0, "worker")}
        after = {1: (5.1, "old"), 2: (3.0, "worker"), 3: (9.0, "me")}
        self.assertEqual(foreign_load.busiest(before, after, own=3), ("worker", 2.0))
        self.assertIsNone(foreign_load.busiest(before, before, own=3))

    def test_watched_run_reports_status_output_and_memory(self):
        hold = "import sys; x = bytearray(200 << 20); print('out'); print('err', file=sys.stderr); sys.exit(3)"
        status, out, err, wall, peak, _ = foreign_load.run_watched([sys.executable, "-c", hold], dict(os.environ))
        self.assertEqual((status, out, err), (3, "out\n", "err\n"))
        self.assertGreater(wall, 0)
        self.assertGreater(peak, 200 << 20)
        self.assertLess(peak, 400 << 20)


if __name__ == "__main__":
    unittest.main()
