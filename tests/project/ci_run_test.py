"""What .ci/run makes of the step that needs oneDNN 3, which is not to be had everywhere."""

import os
import shutil
import subprocess
import unittest

import tree
from dev_test import STUB, Machine


class CiRun(Machine):
    """With a stand-in for ./dev."""

    LEFT_OUT = "oneDNN 3 cannot be had here (see above): the kernels are not tested with it\n"

    def ci_run(self, onednn3, others="true"):
        shutil.copy(os.path.join(tree.ROOT, ".ci/run"), os.path.join(self.root, ".ci/run"))
        body = f'[[ "$*" = "build onednn3 ops_kernel_test" ]] || {{ {others}; exit; }}\n{onednn3}'
        self.program(os.path.join(self.root, "dev"), STUB.format(name="dev", body=body).split("\n", 1)[1])
        self.calls_file = os.path.join(self.folder, "calls")
        open(self.calls_file, "w", encoding="utf-8").close()
        result = subprocess.run([os.path.join(self.root, ".ci/run")], capture_output=True, text=True, check=False,
                                cwd=self.folder, env={"PATH": self.tools, "CALLS": self.calls_file})
        self.assertEqual(self.calls("dev"), ["dev build onednn3 ops_kernel_test", "dev format --check", "dev sanitize",
                                             "dev test"])
        return result.returncode, result.stdout

    def kernel_test(self, body):
        os.makedirs(os.path.join(self.root, "build/onednn3"), exist_ok=True)
        os.makedirs(os.path.join(self.root, "build/onednn-3.2"), exist_ok=True)
        self.program(os.path.join(self.root, "build/onednn3/ops_kernel_test"), body)

    def said(self, more=""):
        return f"== oneDNN 3\n{more}== ./dev format --check\n== ./dev sanitize\n== ./dev test\n"

    def test_goes_on_where_it_cannot_be_had(self):
        self.assertEqual(self.ci_run("exit 1"), (0, self.said(self.LEFT_OUT)))

    def test_but_another_step_still_fails(self):
        self.assertEqual(self.ci_run("exit 1", "[[ $1 != sanitize ]]"), (1, self.said(self.LEFT_OUT)))

    def test_tests_with_it_where_it_is(self):
        self.kernel_test("echo tested")
        self.assertEqual(self.ci_run("exit 0"), (0, self.said("tested\n")))

    def test_fails_when_what_is_there_does_not_build_or_pass(self):
        self.kernel_test("exit 1")
        self.assertEqual(self.ci_run("exit 0"), (1, self.said()))
        self.assertEqual(self.ci_run("exit 1"), (1, self.said()))

    def test_fails_on_other_bytes_than_those_pinned(self):
        log = "mkdir -p build; echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >build/onednn.log; exit 1"
        self.assertEqual(self.ci_run(log), (1, self.said()))


if __name__ == "__main__":
    unittest.main()
