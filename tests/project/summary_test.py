"""The closing line of ./dev test counts what ctest found, and nothing passes by not running."""

import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

import summary

GTEST_SKIP = """[ RUN      ] Mnist.Reads
/any/mnist_test.cpp:5: Skipped
no data: set THAW_DATA

[  SKIPPED ] Mnist.Reads (0 ms)
"""


def case(name, status, child=""):
    return f'<testcase name="{name}" status="{status}">{child}</testcase>'


def skipped(message, output=""):
    return f'<skipped message="{message}"/><system-out>{output}</system-out>'


def summarize(*cases):
    return summary.Summary(xml.fromstring("<testsuite>" + "".join(cases) + "</testsuite>"))


class ClosingLine(unittest.TestCase):
    def test_counts(self):
        found = summarize(
            case("A.a", "run"), case("A.b", "run"), case("A.c", "fail", '<failure message=""/>'),
            case("Mnist.Reads", "notrun", skipped("SKIP_REGULAR_EXPRESSION_MATCHED", GTEST_SKIP)))
        self.assertEqual(
            found.text(), "skipped: Mnist.Reads: no data: set THAW_DATA\nfailed: A.c\n2 passed, 1 failed, 1 skipped")
        self.assertFalse(found.ok())

    def test_reads_the_reason_of_a_python_test(self):
        found = summarize(case("A.a", "run"),
                          case("pages", "notrun", skipped("SKIP_RETURN_CODE=77", "opens ... skipped 'no chromium'")))
        self.assertEqual(found.text(), "skipped: pages: no chromium\n1 passed, 0 failed, 1 skipped")
        self.assertTrue(found.ok())

    def test_reads_the_reason_of_a_script(self):
        found = summarize(case("zoo.witness", "notrun", skipped("SKIP_RETURN_CODE=77", "skipped: no Keras\n")))
        self.assertEqual(found.text(), "skipped: zoo.witness: no Keras\n0 passed, 0 failed, 1 skipped")

    def test_says_when_a_skip_gives_no_reason(self):
        found = summarize(case("pages", "notrun", skipped("SKIP_RETURN_CODE=77")))
        self.assertEqual(found.text(), "skipped: pages: no reason given\n0 passed, 0 failed, 1 skipped")

    def test_takes_a_program_that_is_not_there_for_a_failure(self):
        found = summarize(case("A.a", "run"), case("gone", "notrun", skipped("Unable to find executable")))
        self.assertEqual(found.text(), "failed: gone: Unable to find executable\n1 passed, 1 failed, 0 skipped")
        self.assertFalse(found.ok())

    def test_takes_a_disabled_test_for_a_failure(self):
        self.assertEqual(summarize(case("A.a", "disabled")).text(),
                         "failed: A.a: disabled\n0 passed, 1 failed, 0 skipped")

    def test_is_not_content_with_no_test(self):
        self.assertFalse(summarize().ok())


class Program(unittest.TestCase):
    def run_on(self, path):
        return subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "summary.py"), path],
                              capture_output=True, text=True, check=False)

    def test_exits_0_when_all_passed_and_1_when_not(self):
        for only, line, expected in ((case("A.a", "run"), "1 passed, 0 failed, 0 skipped\n", 0),
                                     (case("A.a", "fail", '<failure message="Timeout"/>'),
                                      "failed: A.a: Timeout\n0 passed, 1 failed, 0 skipped\n", 1)):
            with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
                file.write(f"<testsuite>{only}</testsuite>")
                file.flush()
                result = self.run_on(file.name)
                self.assertEqual((result.returncode, result.stdout), (expected, line))

    def test_says_that_there_are_no_results(self):
        result = self.run_on("/nonexistent/tests.xml")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(
            result.stderr, "/nonexistent/tests.xml: no test results: "
            "[Errno 2] No such file or directory: '/nonexistent/tests.xml'\n")


if __name__ == "__main__":
    unittest.main()
