"""The engine beside PyTorch: whole training steps, and inference, of ResNet-50, U-Net and FCN8.

PyTorch stands at its best: a quick screening measures each version with both memory formats, every way to compute in a
precision (bf16 by autocast and as a whole model; inference also jit-optimized), with the allocator as it comes and
tuned. The fastest way of each kind is then measured again, in turns with thaw.
"""

import json
import os
from dataclasses import dataclass

from variant import (
    HERE,
    QUIET_CORES,
    Refused,
    Variant,
    blas_choices,
    disturbed_note,
    in_turns,
    run_quietly,
    torch_pythons,
    torch_version,
    verdict,
)

ROUNDS, THAW_STEPS = 2, 5
# (steps before, measured steps) of PyTorch. jit-optimized programs still change in their second run.
SCREENING = {"training": (1, 1), "inference": (2, 1)}
REPEATED = {"training": (1, 3), "inference": (3, 5)}
MEMORY_TARGET = 0.75
ANY = "the best"  # of both allocators
# Nothing is given back to the system between steps: glibc otherwise maps and unmaps every large tensor anew.
ALLOCATORS = {
    "as it comes": {},
    "tuned": {
        "MALLOC_MMAP_THRESHOLD_": "1073741824",
        "MALLOC_TRIM_THRESHOLD_": "8589934592",
        "MALLOC_TOP_PAD_": "268435456",
    },
}
FORMATS = ("contiguous", "channels_last")
# What PyTorch can be asked to compute, and which of our precisions that stands beside.
COMPUTE = {
    "training": {"fp32": "fp32", "autocast": "bf16", "bf16": "bf16"},
    "inference": {"eager": "fp32", "jit": "fp32"},
}


@dataclass(frozen=True)
class Case:
    """A network to measure. `targets`: precision -> allocator (or ANY) -> how many times as fast (None: no matter)."""

    network: str
    mode: str
    parameters: int  # of either side: pinned, so that both are the same network
    targets: dict

    def torch_precision(self, precision):
        return "fp32" if self.mode == "inference" else precision


CASES = {
    "resnet50": Case(
        "resnet50",
        "training",
        25_557_032,
        {"fp32": {"as it comes": 1.5, "tuned": 1.1}, "bf16": {"as it comes": 1.6, "tuned": 1.2}},
    ),
    "unet": Case(
        "unet",
        "training",
        31_038_933,
        {"fp32": {"as it comes": 1.35, "tuned": 1.2}, "bf16": {"as it comes": 1.5, "tuned": 1.4}},
    ),
    "fcn8": Case(
        "fcn8",
        "training",
        134_489_759,
        {"fp32": {"as it comes": 1.8, "tuned": 1.25}, "bf16": {"as it comes": None, "tuned": None}},
    ),
    "resnet50_inference": Case(
        "resnet50", "inference", 25_557_032, {"fp32": {ANY: 1.1}, "bf16": {ANY: 2.1}, "int8": {ANY: 4.0}}
    ),
}


def last_line(output):
    return json.loads(output.rstrip().rsplit("\n", 1)[-1])


def check_parameters(case, found, program):
    if found != case.parameters:
        raise SystemExit(
            f"{case.network}: {program} has {found} parameters, expected {case.parameters}: not the same network"
        )


def mode_flag(case):
    return ["--inference"] if case.mode == "inference" else []


def step_flags(warmup, steps):
    return ["--warmup", str(warmup), "--steps", str(steps)]


def torch_workers(case, arguments):
    """A Variant without ways for each PyTorch and allocator; what is still to be said is which ways it measures."""
    workers = []
    for python, is_debian in torch_pythons(arguments):
        version = torch_version(python)
        if not version:
            continue
        blas, blas_environment = blas_choices(is_debian)[-1]  # the faster one
        command = [python, "-B", os.path.join(HERE, "torch_engine_step.py"), case.network, *mode_flag(case)]
        command += ["--threads", str(arguments.threads)]
        for allocator, environment in ALLOCATORS.items():
            workers.append(Variant(f"torch {version}", blas, allocator, command, {**blas_environment, **environment}))
    return workers


def ways_of(case, arguments):
    """["channels_last:autocast", ...]: what is worth screening for the precisions asked for."""
    wanted = {case.torch_precision(precision) for precision in precisions_of(case, arguments)}
    computes = [compute for compute, precision in COMPUTE[case.mode].items() if precision in wanted]
    return [f"{memory_format}:{compute}" for compute in computes for memory_format in FORMATS]


def precisions_of(case, arguments):
    return [precision for precision in case.targets if precision in (arguments.precision or case.targets)]


@dataclass
class Screened:
    """One of PyTorch's ways as the screening saw it."""

    worker: Variant
    way: str
    seconds: float
    foreign_cores: float


def screen(case, worker, ways, arguments):
    """Measures several ways in one process, briefly: those that work, Screened."""
    flags = [flag for way in ways for flag in ("--way", way)]
    for _ in range(2):  # once more if it was disturbed: without a quiet screening there is no verdict
        try:
            out, watched = run_quietly(worker, arguments, [*flags, *step_flags(*SCREENING[case.mode])])
        except Refused as error:
            raise SystemExit(str(error)) from error
        if watched["foreign_cores"] <= QUIET_CORES:
            break
    found = []
    for way, measured in zip(ways, last_line(out)["ways"]):
        if "error" in measured:
            print(f"  {worker.program:18} {way:24} {worker.allocator:12} cannot: {measured['error']}")
            continue
        check_parameters(case, measured["parameters"], worker.program)
        seconds, foreign = measured["seconds_per_step"]["median"], watched["foreign_cores"]
        note = disturbed_note(foreign)
        print(f"  {worker.program:18} {way:24} {worker.allocator:12} {seconds:8.3f} s{note}", flush=True)
        found.append(Screened(worker, way, seconds, foreign))
    return found


def of_kind(screened, case, precision, allocator):
    return [
        each
        for each in screened
        if each.worker.allocator == allocator and COMPUTE[case.mode][each.way.split(":")[1]] == precision
    ]


def fastest(case, screened):
    """The way to measure again, or None where there is none."""
    if not screened:
        return None
    best = min(screened, key=lambda each: each.seconds)
    command = [*best.worker.command, "--way", best.way, *step_flags(*REPEATED[case.mode])]
    way = f"{best.way.replace(':', ', ')}, {best.worker.way}"
    return Variant(best.worker.program, way, best.worker.allocator, command, best.worker.environment)


def thaw_variant(case, precision, arguments):
    command = [arguments.engine, case.network, *mode_flag(case), "--precision", precision]
    command += ["--threads", str(arguments.threads), *step_flags(2, THAW_STEPS)]
    missing = "" if os.path.exists(arguments.engine) else f"{arguments.engine}: no such file"
    return Variant("thaw", precision, "as it comes", command, refusal=missing)


def measure(case, variant, arguments):
    try:
        out, watched = run_quietly(variant, arguments)
    except Refused as error:
        if variant.program != "thaw":
            raise SystemExit(str(error)) from error
        variant.refusal = str(error).rstrip().rsplit("\n", 1)[-1]
        print(f"  {variant.program:18} {variant.way:40} {variant.refusal}")
        return
    line = last_line(out)
    result = line if variant.program == "thaw" else line["ways"][0]
    check_parameters(case, result["parameters"], variant.program)
    result.update(watched, seconds=result["seconds_per_step"]["median"])
    variant.results.append(result)
    note = disturbed_note(result["foreign_cores"])
    print(
        f"  {variant.program:18} {variant.way:40} {variant.allocator:12} {result['seconds']:8.3f} s{note}", flush=True
    )


@dataclass
class Comparison:
    """thaw in one precision beside PyTorch's fastest ways, by allocator."""

    precision: str
    thaw: Variant
    torch: dict
    is_screened_quietly: dict

    def measure_round(self, case, arguments):
        for variant in in_turns(self.thaw, list(self.torch.values()), every=1):
            if not self.thaw.refusal:
                measure(case, variant, arguments)

    def against(self, allocator):
        """PyTorch's fastest of that allocator, or of any."""
        ways = [variant for kind, variant in self.torch.items() if allocator in (kind, ANY)]
        return min(ways, key=lambda variant: variant.median("seconds"), default=None)


def compare(case, arguments):
    """Screens PyTorch's ways and pairs each precision with the fastest ones."""
    screened, ways = [], ways_of(case, arguments)
    for worker in torch_workers(case, arguments):
        own = [way for way in ways if arguments.only in f"{worker.program}, {way}, {worker.way}"]
        screened += screen(case, worker, own, arguments) if own else []
    comparisons = []
    for precision in precisions_of(case, arguments):
        torch, quiet = {}, {}
        for allocator in ALLOCATORS:
            kind = of_kind(screened, case, case.torch_precision(precision), allocator)
            # Measured beside another program, a way may have looked slower than it is.
            quiet[allocator] = all(each.foreign_cores <= QUIET_CORES for each in kind)
            if best := fastest(case, kind):
                torch[allocator] = best
        comparisons.append(Comparison(precision, thaw_variant(case, precision, arguments), torch, quiet))
    return comparisons


def verdicts(name, case, comparisons):
    """One row per target; passed is None where no quiet run can tell."""
    rows = []
    for each in comparisons:
        title = f"{name} {each.precision}"
        if each.thaw.refusal:
            for allocator, limit in case.targets[each.precision].items():
                rows.append(verdict(f"{title}, {allocator}", each.thaw.refusal, None, limit, None))
            continue
        if not each.torch:
            continue
        for allocator, limit in case.targets[each.precision].items():
            best = each.against(allocator)
            ratio = best.median("seconds") / each.thaw.median("seconds")
            is_known = not each.thaw.is_disturbed() and not any(
                variant.is_disturbed() or not each.is_screened_quietly[kind]
                for kind, variant in each.torch.items()
                if allocator in (kind, ANY)
            )
            passed = ratio >= limit if is_known and limit is not None else None
            rows.append(verdict(f"{title}, {allocator}", f"{best.program}: {best.way}", ratio, limit, passed))
        lean = min(each.torch.values(), key=lambda variant: variant.median("peak_rss_bytes"))
        ratio = each.thaw.median("peak_rss_bytes") / lean.median("peak_rss_bytes")
        against = f"{lean.program}: {lean.way}, {lean.allocator}"
        rows.append(verdict(f"{title}, peak memory", against, ratio, MEMORY_TARGET, ratio <= MEMORY_TARGET))
    return rows


def print_table(comparisons):
    print(f"\n{'':18} {'':40} {'':12} {'s/step':>8} {'GFLOP/s':>8} {'peak MiB':>9} {'foreign':>8}  rounds")
    for each in comparisons:
        if each.thaw.refusal:
            continue
        gflop = each.thaw.median("gflop_per_step")
        for variant in [each.thaw, *each.torch.values()]:
            seconds = variant.median("seconds")
            print(
                f"{variant.program:18} {variant.way:40} {variant.allocator:12} {seconds:8.3f} {gflop / seconds:8.0f} "
                f"{variant.median('peak_rss_bytes') / 2**20:9.0f} {variant.median('foreign_cores'):8.2f}  "
                f"{variant.rounds_text()}"
            )


def run(name, arguments):
    """Measures and prints one case: (every variant, the verdicts)."""
    case = CASES[name]
    print(f"\n{name}: {case.mode}, {arguments.threads} threads; PyTorch's ways, one step each")
    comparisons = compare(case, arguments)
    rounds = arguments.rounds or ROUNDS
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}")
        for comparison in comparisons:
            comparison.measure_round(case, arguments)
    print_table(comparisons)
    variants = [variant for each in comparisons for variant in [each.thaw, *each.torch.values()] if variant.results]
    return variants, verdicts(name, case, comparisons)
