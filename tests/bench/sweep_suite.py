"""Whole sweeps beside PyTorch, which trains their members one after the other.

strategies: experiments/transfer/strategies.pbtxt as it is shipped. thaw is measured from the command to the sweep's report, the
pretraining done before; of PyTorch some members are trained whole (torch_sweep_member.py, its fastest way of those probed), and
what the others take is read off the line between the sizes that were measured. The features that a kind of members uses count
once, whoever computed them.
heads: 24 heads and learning rates on a frozen ResNet-50, for 1,000 pictures of 224x224 and 10 epochs. Of PyTorch, which runs its
backbone in every step of each member, one epoch's steps are measured and multiplied; of thaw with nothing shared, some members
are run alone, each with a cache of its own.
"""

import json
import os
import shutil
import statistics
import subprocess
import tempfile

import trunk_suite
from engine_suite import last_line
from variant import HERE, ROOT, Refused, Variant, disturbed_note, run_quietly, verdict

FROZEN = "feature_extraction"
PROBED_EPOCHS, PROBED_SAMPLES = 3, 100
MEASURED_SIZES = (100, 2000)  # of PyTorch's members; the others lie on the line through them
HIDDEN = (0, 64, 128, 256, 512, 1024)  # units of a layer before the last one; 0: none
RATES = (1e-4, 3e-4, 1e-3, 3e-3)
ALONE = 3  # members that are run with nothing shared
TARGETS = {"frozen": 20, "other": 1.5, "all": 2.5, "heads": 100, "unshared": 8}


def torch_member(python, strategy, samples, epochs, way):
    memory_format, threads, environment = way
    command = [python, "-B", os.path.join(HERE, "torch_sweep_member.py"), strategy, "--samples", str(samples)]
    command += ["--epochs", str(epochs), "--way", memory_format, "--threads", str(threads)]
    return Variant("torch", f"{strategy} {samples}", "", command, environment)


def fastest_way(arguments):
    """(interpreter, way, words) of the PyTorch that trains fastest with all threads, by a few epochs of each way."""
    found = []
    for python, _, _, environment, memory_format, words in trunk_suite.torch_choices(trunk_suite.FORMATS, arguments):
        way = (memory_format, arguments.threads, environment)
        worker = torch_member(python, "warm_start", PROBED_SAMPLES, PROBED_EPOCHS, way)
        out, watched = run_quietly(worker, arguments)
        seconds = min(last_line(out)["epochs"])
        print(f"  {seconds:8.3f} s/epoch  {words}{disturbed_note(watched['foreign_cores'])}", flush=True)
        found.append((seconds, python, way, words))
    if not found:
        raise SystemExit("sweep: no PyTorch to compare with (--setup gets one)")
    _, python, way, words = min(found, key=lambda each: each[0])
    return python, way, words


def line_through(points):
    """The function of the straight line through two (x, y)."""
    (x0, y0), (x1, y1) = points
    return lambda x: y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def torch_members(strategies, epochs_of, arguments):
    """Trains members of each strategy at two sizes: ({strategy: function samples -> seconds}, words, variants).

    `epochs_of`: samples -> epochs. What lies on a line over the number of samples is an epoch's time.
    """
    python, way, words = fastest_way(arguments)
    times, variants = {}, []
    for strategy in strategies:
        points = []
        for samples in MEASURED_SIZES:
            worker = torch_member(python, strategy, samples, epochs_of[samples], way)
            out, watched = run_quietly(worker, arguments)
            seconds = last_line(out)["seconds"]
            print(f"  {seconds:8.1f} s  {strategy}, {samples} samples, {words}{disturbed_note(watched['foreign_cores'])}", flush=True)
            worker.results.append({"seconds": seconds, **watched})
            variants.append(worker)
            points.append((samples, seconds / epochs_of[samples]))
        times[strategy] = line_through(points)
    return times, words, variants


def run_sweep(arguments, file, more, runs):
    """thaw's sweep from the command to its report: (variant, its folder, the folder's members.json)."""
    thaw = Variant("thaw", "sweep", "as it comes", [arguments.thaw, "run", file, "--runs", runs, *more])
    out, watched = run_quietly(thaw, arguments)
    folder = out.rstrip().rsplit("\n", 1)[-1][len("run: ") :]
    thaw.results.append({"seconds": watched["wall_s"], **watched})
    with open(os.path.join(folder, "members.json")) as opened:
        return thaw, folder, json.load(opened)


def features_of(member, folder, arguments):
    """What `thaw show` lists of a member's features."""
    run = os.path.join(folder, os.path.dirname(member["report"]))
    return json.loads(subprocess.check_output([arguments.thaw, "show", run, "--json"], text=True))["trunk"]


def seconds_in_sweep(mine, everyone):
    """What some members took in their sweep: their own time, and that of the features they use, each counted once and as
    it took who computed it: others waited for them."""
    made = {row["key"]: row["seconds"] for member in everyone for row in member["features"] if row["computed"]}
    used = {row["key"] for member in mine for row in member["features"]}
    return sum(member["wall_s"] - member["trunk_s"] for member in mine) + sum(made.get(key, 0) for key in used)


def run_strategies(arguments):
    file = os.path.join(ROOT, "experiments", "transfer", "strategies.pbtxt")
    jobs = arguments.threads  # each member takes one thread
    print(f"\nsweep of strategies: {os.path.relpath(file, ROOT)}")
    with tempfile.TemporaryDirectory(prefix="thaw-bench-") as runs:
        first = os.path.join(os.path.dirname(file), "pretrain_letters.pbtxt")
        subprocess.run([arguments.thaw, "run", first, "--runs", runs], check=True, capture_output=True)
        thaw, folder, shown = run_sweep(arguments, file, ["--jobs", str(jobs)], runs)
        members = shown["members"]
        for member in members:
            member["features"] = features_of(member, folder, arguments)
    epochs_of = {member["train_samples"]: member["planned_epochs"] for member in members}
    strategies = sorted({member["strategy"] for member in members})
    times, words, variants = torch_members(strategies, epochs_of, arguments)
    rows, all_torch = [], 0
    for kind, chosen in (("frozen", [FROZEN]), ("other", [s for s in strategies if s != FROZEN])):
        mine = [member for member in members if member["strategy"] in chosen]
        torch = sum(times[m["strategy"]](m["train_samples"]) * m["planned_epochs"] for m in mine)
        seconds = seconds_in_sweep(mine, members) / jobs
        all_torch += torch
        rows.append(verdict(f"sweep strategies, {kind} members", f"{words}, {torch:.0f} s of {len(mine)}", torch / seconds, TARGETS[kind], torch / seconds >= TARGETS[kind]))
    ratio = all_torch / thaw.median("seconds")
    print(f"  {thaw.median('seconds'):8.1f} s  thaw, all {len(members)} members to the report; {jobs} at once")
    rows.append(verdict("sweep strategies, all told", f"{words}, {all_torch:.0f} s", ratio, TARGETS["all"], ratio >= TARGETS["all"]))
    return [thaw, *variants], rows


def heads_experiment(more=""):
    case = trunk_suite.CASES["resnet50"]
    backbone = 'layer { name: "backbone" zoo { name: "resnet50" } } layer { global_average_pooling2d {} }'
    label = 'layer { name: "label" dense { units: 10 activation: SOFTMAX } }'
    choices = ""
    for units in HIDDEN:
        hidden = f'layer {{ name: "hidden" dense {{ units: {units} activation: RELU }} }}' if units else ""
        choices += f'choice {{ name: "{units or "none"}" set {{ model {{ {backbone} {hidden} {label} }} }} }} '
    rates = ", ".join(f"{rate:g}" for rate in RATES)
    axes = f'axis {{ name: "hidden" {choices} }} axis {{ field: "train.optimizer.adam.learning_rate" values: [{rates}] }}'
    return trunk_suite.experiment("heads", case) + f"sweep {{ {axes} {more} }}\n"


def run_heads(arguments):
    case, members = trunk_suite.CASES["resnet50"], len(HIDDEN) * len(RATES)
    steps = trunk_suite.EPOCHS * ((trunk_suite.IMAGES + trunk_suite.BATCH - 1) // trunk_suite.BATCH)
    print(f"\nsweep of {members} heads: {trunk_suite.IMAGES} pictures of {case.pixels}x{case.pixels}, {trunk_suite.EPOCHS} epochs")
    torch = trunk_suite.torch_ways("resnet50", arguments)
    if "eager" not in torch:
        raise SystemExit("sweep: no PyTorch to compare with (--setup gets one)")
    step, words = torch["eager"]
    variants, rows = [], []
    with tempfile.TemporaryDirectory(prefix="thaw-bench-") as folder:
        trunk_suite.make_pictures(os.path.join(folder, "pictures"), case)
        file = os.path.join(folder, "heads.pbtxt")
        with open(file, "w") as out:
            out.write(heads_experiment())
        for precision in ("FLOAT32", "INT8"):
            more = ["--data", folder, "--set", f"transfer.trunk.precision={precision}", "--set", f"compute.threads={arguments.threads}"]
            thaw, _, shown = run_sweep(arguments, file, more, os.path.join(folder, "runs-" + precision))
            seconds, alone = thaw.median("seconds"), []
            print(f"  {seconds:8.2f} s  thaw, {precision} trunk, all {members} members to the report", flush=True)
            for member in shown["members"][:: max(1, members // ALONE)][:ALONE]:
                runs = os.path.join(folder, "runs-alone")
                run_file = os.path.join(folder, "runs-" + precision, "trunk-heads", member["id"], "experiment.pbtxt")
                variant = Variant("thaw", "alone", "as it comes", [arguments.thaw, "run", run_file, "--data", folder, "--runs", runs])
                _, watched = run_quietly(variant, arguments)
                alone.append(watched["wall_s"])
                shutil.rmtree(runs)
            print(f"  {statistics.mean(alone):8.2f} s  thaw, a member alone, the mean of {len(alone)}", flush=True)
            variants.append(thaw)
            against = f"{words}, {members} x {steps} steps of {step:.3f} s"
            limit = TARGETS["heads"] if precision == "INT8" else None
            ratio = step * steps * members / seconds
            rows.append(verdict(f"sweep heads, {precision} trunk", against, ratio, limit, limit is None or ratio >= limit))
            ratio = statistics.mean(alone) * members / seconds
            against = f"thaw, nothing shared: {members} x {statistics.mean(alone):.1f} s"
            rows.append(verdict(f"sweep heads, {precision} trunk, sharing", against, ratio, TARGETS["unshared"], ratio >= TARGETS["unshared"]))
    return variants, rows


def run(name, arguments):
    """Measures and prints: (every variant, the verdicts)."""
    try:
        return {"strategies": run_strategies, "heads": run_heads}[name](arguments)
    except Refused as error:
        raise SystemExit(str(error)) from error
