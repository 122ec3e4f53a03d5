#!/usr/bin/env python3
"""Tests of the engine's suite: what it chooses and concludes. Nothing here measures or needs PyTorch."""

import argparse
import contextlib
import io
import json
import os
import tempfile
import unittest
import unittest.mock

import bench
import engine_suite
from engine_suite import Case, Comparison, Screened
from variant import Variant

CASE = Case("net", "training", 7, {"fp32": {"as it comes": 1.5, "tuned": 1.1}, "bf16": {"as it comes": None}})


def measured(program, allocator, *seconds, peak=100, foreign=0.0):
    made = Variant(program, "way", allocator, [])
    for each in seconds:
        made.results.append({"seconds": each, "peak_rss_bytes": peak, "foreign_cores": foreign, "gflop_per_step": 1.0})
    return made


def comparison(precision="fp32", thaw=None, is_quiet=True):
    torch = {"as it comes": measured("torch", "as it comes", 3.0, peak=100), "tuned": measured("torch", "tuned", 2.0)}
    return Comparison(precision, thaw or measured("thaw", "", 1.9, peak=76), torch, dict.fromkeys(torch, is_quiet))


def told(rows):
    return [(row["target"], row["value"] and round(row["value"], 2), row["limit"], row["passed"]) for row in rows]


class EngineSuiteTest(unittest.TestCase):
    def test_the_pinned_parameters_are_those_of_networks_test(self):
        here = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(here, "networks_test.cpp"), encoding="utf-8") as file:
            text = file.read().replace("'", "")
        for name, case in engine_suite.CASES.items():
            flag = ", false" if case.mode == "inference" else ""
            expected = f'build_step(network("{case.network}"{flag})).parameters(), {case.parameters});'
            self.assertIn(expected, text, name)

    def test_another_number_of_parameters_is_another_network(self):
        engine_suite.check_parameters(CASE, 7, "thaw")
        with self.assertRaisesRegex(SystemExit, "^net: torch 2 has 8 parameters, expected 7: not the same network$"):
            engine_suite.check_parameters(CASE, 8, "torch 2")

    def test_only_ways_of_the_precisions_asked_for_are_screened(self):
        ways = engine_suite.ways_of(CASE, argparse.Namespace(precision=["bf16"]))
        self.assertEqual(
            ways, ["contiguous:autocast", "channels_last:autocast", "contiguous:bf16", "channels_last:bf16"]
        )
        self.assertEqual(engine_suite.ways_of(CASE, argparse.Namespace(precision=None))[0], "contiguous:fp32")
        inference = engine_suite.CASES["resnet50_inference"]
        self.assertEqual(
            engine_suite.ways_of(inference, argparse.Namespace(precision=["int8"])),
            ["contiguous:eager", "channels_last:eager", "contiguous:jit", "channels_last:jit"],
        )

    def test_the_fastest_way_of_a_kind_is_measured_again(self):
        plain, tuned = (Variant("torch 2", "BLAS", kind, ["run"], {"A": kind}) for kind in ("as it comes", "tuned"))
        screened = [
            Screened(plain, "contiguous:fp32", 3.0, 0.0),
            Screened(plain, "channels_last:fp32", 2.0, 0.0),
            Screened(plain, "channels_last:bf16", 1.0, 0.0),
            Screened(tuned, "channels_last:fp32", 1.5, 0.0),
        ]
        best = engine_suite.fastest(CASE, engine_suite.of_kind(screened, CASE, "fp32", "as it comes"))
        self.assertEqual((best.way, best.allocator), ("channels_last, fp32, BLAS", "as it comes"))
        self.assertEqual(best.environment, {"A": "as it comes"})
        self.assertEqual(best.command[:3], ["run", "--way", "channels_last:fp32"])
        self.assertEqual(best.command[3:], ["--warmup", "1", "--steps", "3"])
        self.assertIsNone(engine_suite.fastest(CASE, engine_suite.of_kind(screened, CASE, "bf16", "tuned")))

    def test_a_disturbed_screening_is_repeated_once(self):
        out = json.dumps({"ways": [{"seconds_per_step": {"median": 2.0}, "parameters": 7}]})
        worker, arguments = Variant("torch", "BLAS", "tuned", []), argparse.Namespace()
        for loads, counted in (([0.5, 0.0, 0.0], 0.0), ([0.0, 0.5, 0.5], 0.0), ([0.5, 0.4, 0.0], 0.4)):
            runs = [(out, {"foreign_cores": load}) for load in loads]
            with unittest.mock.patch("engine_suite.run_quietly", side_effect=runs):
                with contextlib.redirect_stdout(io.StringIO()):
                    found = engine_suite.screen(CASE, worker, ["contiguous:fp32"], arguments)
            self.assertEqual([each.foreign_cores for each in found], [counted])

    def test_verdicts_compare_seconds_by_allocator_and_the_leanest_memory(self):
        self.assertEqual(
            told(engine_suite.verdicts("net", CASE, [comparison()])),
            [
                ("net fp32, as it comes", 1.58, 1.5, True),
                ("net fp32, tuned", 1.05, 1.1, False),
                ("net fp32, peak memory", 0.76, 0.75, False),
            ],
        )

    def test_of_any_allocator_the_faster_counts(self):
        case = Case("net", "inference", 7, {"int8": {engine_suite.ANY: 1.0}})
        rows = engine_suite.verdicts("net", case, [comparison("int8")])
        self.assertEqual(told(rows)[0], ("net int8, the best", 1.05, 1.0, True))

    def test_what_has_no_target_gets_no_verdict(self):
        rows = engine_suite.verdicts("net", CASE, [comparison("bf16")])
        self.assertEqual(told(rows)[0], ("net bf16, as it comes", 1.58, None, None))

    def test_no_verdict_on_speed_where_something_was_disturbed(self):
        rows = engine_suite.verdicts("net", CASE, [comparison(is_quiet=False)])
        self.assertEqual([row["passed"] for row in rows], [None, None, False])
        disturbed = measured("thaw", "", 1.9, peak=70, foreign=0.5)
        rows = engine_suite.verdicts("net", CASE, [comparison(thaw=disturbed)])
        self.assertEqual([row["passed"] for row in rows], [None, None, True])
        one = comparison()
        one.torch["tuned"] = measured("torch", "tuned", 2.0, foreign=0.5)
        self.assertEqual([row["passed"] for row in engine_suite.verdicts("net", CASE, [one])], [True, None, False])

    def test_what_thaw_refuses_is_unknown_and_says_why(self):
        refusing = Variant("thaw", "fp32", "", [], refusal="cannot")
        rows = engine_suite.verdicts("net", CASE, [comparison(thaw=refusing)])
        self.assertEqual([(row["against"], row["value"], row["passed"]) for row in rows], [("cannot", None, None)] * 2)

    def test_suites_keep_their_order_and_engine_means_all_of_it(self):
        self.assertEqual(bench.suites_named([]), bench.SUITES)
        self.assertEqual(bench.suites_named(["unet", "localization"]), ["localization", "unet"])
        self.assertEqual(bench.suites_named(["engine"]), list(engine_suite.CASES))


class WithPrograms(unittest.TestCase):
    """Whole rounds with shell scripts in the place of what is measured."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.arguments = argparse.Namespace(wait=0, threads=2, precision=None, only="", rounds=1)

    def script(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(["#!/bin/sh", *lines]) + "\n")
        os.chmod(path, 0o755)
        return path

    def printing(self, name, **line):
        return self.script(name, f"echo other; echo '{json.dumps(line)}'")

    def quietly(self, action):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            result = action()
        return result, out.getvalue()

    def test_thaw_is_read_from_its_last_line(self):
        self.arguments.engine = self.printing(
            "engine", seconds_per_step={"median": 0.25}, parameters=7, gflop_per_step=3.0
        )
        thaw = engine_suite.thaw_variant(CASE, "fp32", self.arguments)
        self.assertEqual(thaw.command[1:4], ["net", "--precision", "fp32"])
        self.quietly(lambda: engine_suite.measure(CASE, thaw, self.arguments))
        self.assertEqual((thaw.median("seconds"), thaw.median("gflop_per_step")), (0.25, 3.0))
        self.assertGreater(thaw.median("peak_rss_bytes"), 0)

    def test_thaw_may_refuse_but_pytorch_may_not(self):
        self.arguments.engine = self.script("engine", "echo 'engine_bench: not yet' >&2; exit 1")
        thaw = engine_suite.thaw_variant(CASE, "fp32", self.arguments)
        _, out = self.quietly(lambda: engine_suite.measure(CASE, thaw, self.arguments))
        self.assertEqual(thaw.refusal, "engine_bench: not yet")
        self.assertIn("engine_bench: not yet", out)
        torch = Variant("torch", "way", "tuned", [self.arguments.engine])
        with self.assertRaisesRegex(SystemExit, "ended with status 1:\nengine_bench: not yet"):
            engine_suite.measure(CASE, torch, self.arguments)

    def test_a_missing_engine_is_said(self):
        self.arguments.engine = os.path.join(self.folder, "none")
        self.assertEqual(
            engine_suite.thaw_variant(CASE, "fp32", self.arguments).refusal, f"{self.arguments.engine}: no such file"
        )

    def test_ways_that_pytorch_cannot_do_are_said_and_left_out(self):
        worker = Variant("torch", "BLAS", "tuned", [])
        ways = [{"error": "no bf16"}, {"seconds_per_step": {"median": 2.0}, "parameters": 7}]
        worker.command = [self.printing("torch", ways=ways)]
        found, out = self.quietly(
            lambda: engine_suite.screen(CASE, worker, ["contiguous:bf16", "contiguous:fp32"], self.arguments)
        )
        self.assertEqual([(each.way, each.seconds) for each in found], [("contiguous:fp32", 2.0)])
        self.assertIn("cannot: no bf16", out)


if __name__ == "__main__":
    unittest.main()
