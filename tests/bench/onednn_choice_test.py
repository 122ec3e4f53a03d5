"""How ./dev onednn chooses, on made-up times; and that the measuring program prints what it reads."""

import subprocess
import sys
import unittest

import onednn_choice as choice

KEY, OTHER_KEY = ("unet", "fp32", "forward"), ("unet", "bf16", "forward")


def text(first, second, bf16="none"):
    return (f"version\t3.2.0\nunet\tfp32\tforward\t64-64 k3\t2\t{first}\nunet\tfp32\tforward\t64-2 k1\t1\t{second}\n"
            f"unet\tbf16\tforward\t{bf16}\n")


class Choice(unittest.TestCase):
    def test_of_each_layer_the_fastest_round_counts(self):
        rounds = [choice.parse(each)[0] for each in (text(0.5, 0.25), text(0.25, 8))]
        self.assertEqual(choice.fastest(rounds), {KEY: 2 * 0.25 + 0.25})

    def test_what_one_round_cannot_run_does_not_count(self):
        rounds = [choice.parse(each)[0] for each in (text(1, 1, "64-64 k3\t1\t0.5"), text(1, 1))]
        self.assertEqual(choice.fastest(rounds), {KEY: 3})

    def test_ratio_is_of_what_both_can_run(self):
        self.assertAlmostEqual(choice.mean_ratio({KEY: 2, OTHER_KEY: 4}, {KEY: 1, OTHER_KEY: 4}), 0.5**0.5)
        self.assertEqual(choice.mean_ratio({KEY: 2, OTHER_KEY: 4}, {KEY: 1}), 0.5)

    def test_a_newer_library_must_be_worth_it(self):
        self.assertEqual([choice.choose(ratio) for ratio in (0.5, 0.969, 0.97, 1.0, 2.0)],
                         ["3.2", "3.2", "system", "system", "system"])

    def test_table(self):
        self.assertEqual(
            choice.table({KEY: 0.5}, {KEY: 0.25, OTHER_KEY: 0.125}, ["2.6.3", "3.2.0"]),
            "network    numbers  direction              2.6.3      3.2.0  time ratio\n"
            "unet       bf16     forward                 none   125.0 ms\n"
            "unet       fp32     forward             500.0 ms   250.0 ms       0.500")


class Program(unittest.TestCase):
    program = ""

    def test_prints_every_way_of_a_network(self):
        ran = subprocess.run([self.program, "2", "mobilenet"], capture_output=True, text=True, check=True)
        times, version = choice.parse(ran.stdout)
        self.assertRegex(version, r"^[23]\.\d+\.\d+$")
        training = {("mobilenet", numbers, direction) for numbers in ("fp32", "bf16")
                    for direction in ("forward", "backward data", "backward weights", "inference")}
        self.assertEqual(set(times), training | {("mobilenet", "int8", "inference")})
        forward = times["mobilenet", "fp32", "forward"]
        self.assertEqual(sum(count for count, _ in forward.values()), 27)
        self.assertTrue(all(seconds > 0 for _, seconds in forward.values()))


if __name__ == "__main__":
    Program.program = sys.argv.pop(1)
    unittest.main()
