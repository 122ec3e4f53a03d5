"""What each strategy of `transfer` makes of pretrained networks on real pictures: a table of accuracy and time.

Every combination of network, number of pictures, strategy and seed is one `thaw run` of a shipped experiment, one after the
other. A seed draws the pictures to learn from, the fresh weights and the order. Accuracy is the last epoch's, so that
nothing is chosen by the pictures that judge. With --runs the runs stay, and those that are done are not done again.

All strategies of a network get the same epochs, batch and optimizer, those of its experiment: SGD with momentum (Adam needs
many more steps to bring a fresh head as far), its rate falling to 0 along a half cosine; for the two networks without
normalizations a warm-up and a limit of the gradients, without which warm_start ends at chance. fine_tune and
gradual_unfreezing take a tenth of the rate for what is pretrained; gradual_unfreezing releases a stage every eighth of the
epochs. More epochs would help from_scratch most.
"""

import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass

from variant import ROOT, verdict

STRATEGIES = ("feature_extraction", "fine_tune", "gradual_unfreezing", "warm_start", "from_scratch")
SMALL = 500  # up to so many pictures, pretrained features must be worth more than fresh weights
TRAIN_PICTURES, TEST_PICTURES = 500, 100  # of each class of CIFAR-10 as JPEG
CIFAR = (
    'data={train{image_folder{path:"cifar10_jpg/train"} take:%d} validation{image_folder{path:"cifar10_jpg/test"}}}'
)


@dataclass(frozen=True)
class Case:
    """A network, what it learns, and how long: `budgets` are (pictures, epochs, batch)."""

    pictures: str
    network: str
    output: str
    budgets: tuple
    is_cifar: bool = False


CASES = {
    "ants_and_bees": Case("ants and bees", "MobileNet 0.25", "insect", ((183, 15, 16),)),
    "ants_and_bees_squeezenet": Case("ants and bees", "SqueezeNet 1.1", "insect", ((183, 8, 16),)),
    "cifar10_few": Case(
        "CIFAR-10", "ResNet-20", "class", ((20, 30, 10), (100, 15, 10), (500, 10, 20), (2000, 5, 32)), True
    ),
}


@dataclass
class Row:
    """One strategy on so many pictures: what the seeds gave."""

    case: str
    images: int
    strategy: str
    accuracies: list
    seconds: list
    trunk_seconds: list
    trained: str
    failures: list

    def is_disturbed(self):
        return False  # accuracies are what counts here

    def accuracy(self):
        return statistics.mean(self.accuracies) if self.accuracies else None


def add_options(parser):
    group = parser.add_argument_group("strategies", "the table of strategies of `transfer`; takes about 20 minutes")
    group.add_argument("--runs", metavar="DIR", help="keep runs here, and skip those that are done [a temporary folder]")
    group.add_argument("--seeds", type=int, default=3, help="runs of each strategy [3]")
    group.add_argument("--case", action="append", choices=list(CASES), help="only these experiments")
    group.add_argument("--strategy", action="append", choices=STRATEGIES, help="only these")
    group.add_argument("--images", action="append", type=int, metavar="N", help="only these numbers of pictures")


def combinations(arguments):
    """(case, budget, strategy) of every row asked for, in the table's order."""
    return [
        (name, budget, strategy)
        for name, case in CASES.items()
        for budget in case.budgets
        for strategy in STRATEGIES
        if name in (arguments.case or CASES)
        and strategy in (arguments.strategy or STRATEGIES)
        and budget[0] in (arguments.images or [budget[0]])
    ]


def transfer_text(strategy, epochs):
    settings = f" every_epochs: {max(1, epochs // 8)} " if strategy == "gradual_unfreezing" else ""
    return f"transfer={{{strategy} {{{settings}}}}}"


def settings_of(case, budget, strategy, seed):
    """The --set words of one run."""
    images, epochs, batch = budget
    words = [f"seed={seed}", f"train.epochs={epochs}", f"train.batch_size={batch}", transfer_text(strategy, epochs)]
    if case.is_cifar:
        words.append(CIFAR % images)
    return [word for each in words for word in ("--set", each)]


def unpack_cifar(archive, folder):
    """The first pictures of each class, as many as are needed: `folder`/cifar10_jpg/train/cat/0000.jpg and so on."""
    limits = {"train": TRAIN_PICTURES, "test": TEST_PICTURES}
    with tarfile.open(archive) as packed:
        for member in packed:
            parts = member.name.split("/")
            if not member.isfile() or len(parts) != 3 or int(parts[2].split(".")[0]) >= limits.get(parts[0], 0):
                continue
            path = os.path.join(folder, "cifar10_jpg", *parts)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(packed.extractfile(member).read())


def thaw(verb, name, settings, folder, arguments, more=()):
    """A finished process of thaw with a shipped experiment."""
    experiment = os.path.join(ROOT, "experiments", "transfer", f"{name}.pbtxt")
    command = [arguments.thaw, verb, experiment, "--data", folder, *settings]
    command += ["--set", f"compute.threads={arguments.threads}", *more]
    environment = {**os.environ, "THAW_DATA": os.path.abspath(arguments.data)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def run_once(name, settings, folder, arguments):
    """(what `thaw show` says of the run, "") or (None, why it failed)."""
    runs = arguments.runs or os.path.join(folder, "runs")
    done = thaw("run", name, settings, folder, arguments, ["--runs", runs, "--cache", os.path.join(folder, "cache")])
    if done.returncode != 0:
        return None, f"status {done.returncode}: {(done.stderr.strip() or '?').splitlines()[-1]}"
    run = done.stdout.rstrip().rsplit("\n", 1)[-1][len("run: ") :]
    return json.loads(subprocess.check_output([arguments.thaw, "show", run, "--json"], text=True)), ""


def trained_text(name, settings, folder, arguments, shown):
    """How many parameters are trained at the start and, if that is another number, at the end; of how many."""
    summary = json.loads(thaw("summary", name, settings, folder, arguments, ["--json"]).stdout)
    first = summary["trainable_parameters"]
    last = shown["stages"][-1]["trainable_parameters"] if shown["stages"] else first
    return (f"{first:,}" if first == last else f"{first:,} to {last:,}") + f" of {summary['parameters']:,}"


def row_of(name, budget, strategy, folder, arguments):
    """Runs all seeds. A run that fails is told, and leaves the others their row."""
    row = Row(name, budget[0], strategy, [], [], [], "", [])
    for seed in range(1, arguments.seeds + 1):
        settings = settings_of(CASES[name], budget, strategy, seed)
        shown, failure = run_once(name, settings, folder, arguments)
        if failure:
            row.failures.append(f"seed {seed}: {failure}")
            print(f"  FAILED: {name}, {budget[0]} pictures, {strategy}, {row.failures[-1]}", flush=True)
            continue
        row.accuracies.append(shown["validation"][f"{CASES[name].output}/accuracy"])
        row.seconds.append(shown["time"]["wall_s"])
        row.trunk_seconds.append(sum(trunk["seconds"] for trunk in shown["trunk"]))
        row.trained = row.trained or trained_text(name, settings, folder, arguments, shown)
    return row


def accuracy_text(accuracies):
    """Mean and standard deviation over seeds, in per cent."""
    if not accuracies:
        return "failed"
    spread = f" ± {100 * statistics.stdev(accuracies):.1f}" if len(accuracies) > 1 else ""
    return f"{100 * statistics.mean(accuracies):.1f}{spread} %"


def cells(row):
    case = CASES[row.case]
    seconds = f"{statistics.median(row.seconds):.1f}" if row.seconds else "-"
    trunk = f"{max(row.trunk_seconds):.1f}" if any(row.trunk_seconds) else "-"
    accuracy = accuracy_text(row.accuracies)
    if row.failures and row.accuracies:
        accuracy += f", {len(row.failures)} failed"
    return [case.pictures, case.network, str(row.images), row.strategy, accuracy, seconds, trunk, row.trained]


def table(rows):
    """Seconds are the median over seeds, a trunk's those of the seed that had to compute it."""
    lines = [["pictures", "network", "images", "strategy", "accuracy", "seconds", "trunk s", "parameters trained"]]
    lines += [cells(row) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


def verdicts(rows):
    """By how many points feature extraction beats fresh weights where there are few pictures."""
    found = []
    by_name = {(row.case, row.images, row.strategy): row for row in rows}
    for (name, images, strategy), row in by_name.items():
        baseline = by_name.get((name, images, "from_scratch"))
        if strategy != "feature_extraction" or baseline is None:
            continue
        against = f"points; {accuracy_text(row.accuracies)} against from_scratch's {accuracy_text(baseline.accuracies)}"
        value = passed = None
        if row.accuracies and baseline.accuracies:
            value = 100 * (row.accuracy() - baseline.accuracy())
            passed = value > 0
        found.append(verdict(f"{name}, {images} pictures", against, value, 0 if images <= SMALL else None, passed))
    return found


def run(arguments):
    """Measures and prints: (every row, the verdicts)."""
    if not arguments.data:
        sys.exit("strategies: needs --data or THAW_DATA: hymenoptera/, cifar10/ and models/")
    rows = []
    with tempfile.TemporaryDirectory(prefix="thaw-bench-") as folder:
        wanted = combinations(arguments)
        if any(CASES[name].is_cifar for name, _, _ in wanted):
            unpack_cifar(os.path.join(arguments.data, "cifar10", "cifar10_jpg.tar.gz"), folder)
        for name, budget, strategy in wanted:
            rows.append(row_of(name, budget, strategy, folder, arguments))
            print("  " + "  ".join(cells(rows[-1])), flush=True)
    print(f"\n{arguments.seeds} seeds; mean and standard deviation\n{table(rows)}")
    return rows, verdicts(rows)
