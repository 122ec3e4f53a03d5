"""./dev on machines that this one is not: every tool it calls is a stub that writes down how it was called."""

import os
import shutil
import subprocess
import tempfile
import unittest

import tree

REAL_TOOLS = ("awk", "bash", "cat", "dirname", "env", "find", "grep", "ln", "mkdir", "mv", "rm", "sort", "tail", "touch",
              "xargs")
# A stub notes its name and arguments, one call a line.
STUB = '#!/bin/bash\nprintf "%s\\n" "{name} $*" >>"$CALLS"\n{body}\n'
ALL_INSTALLED = 'shift 3; for package; do echo "$package installed"; done'
ALL_BUT_LIBDNNL = 'shift 3; for package; do [[ $package = libdnnl-dev ]] || echo "$package installed"; done; exit 1'


class Machine(unittest.TestCase):
    """A checkout of ./dev alone, everything installed and built."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.realpath(folder.name)
        self.root = os.path.join(self.folder, "thaw")
        self.tools = os.path.join(self.folder, "tools")
        for made in (os.path.join(self.root, ".ci"), self.tools):
            os.makedirs(made)
        for name in ("dev", ".ci/packages.txt", ".ci/onednn.txt", "CMakePresets.json"):
            shutil.copy(os.path.join(tree.ROOT, name), os.path.join(self.root, name))
        for tool in REAL_TOOLS:
            os.symlink(shutil.which(tool), os.path.join(self.tools, tool))
        for tool, body in (("dpkg-query", ALL_INSTALLED), ("nproc", "echo 2"), ("id", "echo 0"), ("cmake", ""),
                           ("ninja", "[[ $1 != -n ]] || echo 'ninja: no work to do.'")):
            self.stub(tool, body)
        self.configured("release")
        self.program(os.path.join(self.root, "build/release/thaw"), 'echo "thaw $* in $PWD"')

    def program(self, path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/bash\n" + text + "\n")
        os.chmod(path, 0o755)

    def stub(self, tool, body):
        self.program(os.path.join(self.tools, tool), STUB.format(name=tool, body=body).split("\n", 1)[1])

    def configured(self, preset, home=None):
        folder = os.path.join(self.root, "build", preset)
        os.makedirs(folder, exist_ok=True)
        for name, text in (("build.ninja", ""), ("CMakeCache.txt",
                                                 f"CMAKE_HOME_DIRECTORY:INTERNAL={home or self.root}\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)

    def dev(self, *arguments):
        self.calls_file = os.path.join(self.folder, "calls")
        open(self.calls_file, "w", encoding="utf-8").close()
        return subprocess.run([os.path.join(self.root, "dev"), *arguments], capture_output=True, text=True, check=False,
                              cwd=self.folder, env={"PATH": self.tools, "CALLS": self.calls_file})

    def calls(self, tool):
        with open(self.calls_file, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file if line.startswith(tool + " ")]

    def assert_fails(self, result, stderr):
        self.assertEqual((result.returncode, result.stderr), (1, stderr))


class Verbs(Machine):
    def test_help_names_every_verb(self):
        result = self.dev("help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for verb in ("run", "test", "build", "bench", "onednn", "format", "lint", "sanitize", "help"):
            self.assertIn(f"\n  {verb} ", result.stdout)

    def test_no_verb_means_help(self):
        self.assertEqual(self.dev().stdout, self.dev("help").stdout)

    def test_unknown_verb(self):
        self.assert_fails(self.dev("tset"), self.dev("help").stdout + "dev: unknown verb 'tset'.\n")

    def test_unknown_preset(self):
        self.assert_fails(self.dev("build", "relase"), "dev: no preset 'relase' in CMakePresets.json.\n")

    def test_build_hands_targets_on(self):
        self.configured("dev")
        self.dev("build", "dev", "ops_kernel_test", "thaw")
        self.assertEqual(self.calls("ninja"), ["ninja -n ops_kernel_test thaw"])

    def test_format_with_an_unknown_argument(self):
        self.assert_fails(self.dev("format", "--chek"), "dev: format takes --check or nothing.\n")

    def test_format_check_of_unformatted_sources(self):
        self.stub("clang-format", "exit 1")
        os.makedirs(os.path.join(self.root, "graph"))
        open(os.path.join(self.root, "graph/shape.h"), "w", encoding="utf-8").close()
        result = self.dev("format", "--check")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(result.stderr.endswith("dev: not formatted; ./dev format does it.\n"), result.stderr)
        self.assertEqual(self.calls("clang-format"), ["clang-format --dry-run -Werror graph/shape.h"])


class Run(Machine):
    def test_starts_thaw_where_the_user_is_and_says_nothing(self):
        result = self.dev("run", "my experiment.pbtxt", "--set", "seed=2")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, f"thaw run my experiment.pbtxt --set seed=2 in {self.folder}\n")

    def test_neither_configures_nor_installs_what_is_there(self):
        self.stub("apt-get", "")
        self.dev("run", "digits.pbtxt")
        self.assertEqual(self.calls("cmake"), [])
        self.assertEqual(self.calls("apt-get"), [])
        self.assertEqual(self.calls("ninja"), ["ninja -n thaw"])

    def test_hands_on_the_exit_code(self):
        self.program(os.path.join(self.root, "build/release/thaw"), "exit 75")
        self.assertEqual(self.dev("run", "digits.pbtxt").returncode, 75)

    def test_configures_a_fresh_checkout(self):
        os.remove(os.path.join(self.root, "build/release/build.ninja"))
        result = self.dev("run", "digits.pbtxt")
        self.assertEqual((result.returncode, result.stderr), (0, "Configuring (release)\n"))
        self.assertEqual(self.calls("cmake"), ["cmake --preset release --fresh"])

    def test_configures_again_when_the_checkout_was_moved(self):
        self.configured("release", home="/elsewhere/thaw")
        self.assertEqual(self.dev("run", "digits.pbtxt").stderr, "Configuring (release)\n")

    def test_configures_once_when_the_presets_changed(self):
        os.utime(os.path.join(self.root, "build/release/CMakeCache.txt"), (1, 1))
        self.assertEqual(self.dev("run", "digits.pbtxt").stderr, "Configuring (release)\n")
        self.assertEqual(self.dev("run", "digits.pbtxt").stderr, "")

    def test_shows_why_cmake_failed(self):
        os.remove(os.path.join(self.root, "build/release/build.ninja"))
        self.stub("cmake", "echo 'no compiler' >&2; exit 1")
        self.assert_fails(self.dev("run", "digits.pbtxt"),
                          "Configuring (release)\nno compiler\ndev: CMake could not configure the preset 'release'.\n")

    def test_stops_when_the_build_failed(self):
        self.stub("ninja", "[[ $1 = -n ]] || { echo 'error: graph.cpp'; exit 1; }")
        result = self.dev("run", "digits.pbtxt")
        self.assertEqual(result.stdout, "")
        self.assert_fails(
            result, "Building (release); the first time takes minutes\nerror: graph.cpp\n"
            "dev: the build failed; see above.\n")


class OneDnn(Machine):
    # pip leaves two wheels, zipfile unpacks them, and the measurement says 3.2 is faster.
    PYTHON = """
case $* in
  *'pip download'*)
    while [[ $1 != --dest ]]; do shift; done
    mkdir -p $2
    for name in onednn_cpu_gomp onednn_devel_cpu_gomp; do : >$2/$name-2023.2.0-py2.py3-none-manylinux1_x86_64.whl; done ;;
  *'zipfile -e'*onednn_cpu*)
    mkdir -p $5/onednn_cpu_gomp-2023.2.0.data/data/lib; : >$5/onednn_cpu_gomp-2023.2.0.data/data/lib/libdnnl.so.3 ;;
  *'zipfile -e'*)
    mkdir -p $5/onednn_devel_cpu_gomp-2023.2.0.data/data/{include,share/doc}
    : >$5/onednn_devel_cpu_gomp-2023.2.0.data/data/include/dnnl.hpp ;;
  *) echo 3.2 ;;
esac"""
    GETTING = "Getting the vendor's oneDNN 3.2 (39 MB)\n"

    def setUp(self):
        super().setUp()
        self.stub("uname", "echo x86_64")
        self.stub("python3", self.PYTHON)
        self.stub("c++", "")
        self.vendors = os.path.join(self.root, "build/onednn-3.2")

    def choice(self):
        with open(os.path.join(self.root, "build/onednn.choice"), encoding="utf-8") as file:
            return file.read()

    def cmake_with(self, folder):
        """A cmake that writes the cache a real one would."""
        cache = os.path.join(self.root, "build/release/CMakeCache.txt")
        self.stub("cmake", f"printf '%s\\n' 'CMAKE_HOME_DIRECTORY:INTERNAL={self.root}' "
                  f"'THAW_ONEDNN_ROOT:PATH={folder}' >{cache}")

    def test_the_vendors_is_unpacked_once(self):
        result = self.dev("onednn", "3.2")
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (0, "", self.GETTING + "From now on ./dev builds with oneDNN: 3.2\n"))
        self.assertEqual(self.choice(), "3.2\n")
        self.assertEqual(sorted(os.listdir(self.vendors)), ["include", "lib", "share"])
        self.assertEqual(os.readlink(os.path.join(self.vendors, "lib/libdnnl.so")), "libdnnl.so.3")
        self.assertIn("--no-deps --only-binary :all: --require-hashes", self.calls("python3")[0])
        self.assertEqual(self.dev("onednn", "3.2").stderr, "From now on ./dev builds with oneDNN: 3.2\n")
        self.assertEqual(self.calls("python3"), [])

    def test_pip_must_succeed(self):
        self.stub("python3", "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES'; exit 1")
        self.assert_fails(
            self.dev("onednn", "3.2"), self.GETTING + "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n"
            "dev: pip could not get oneDNN 3.2; what it said is in build/onednn.log. "
            "Without it thaw is built with the system's.\n")
        self.assertFalse(os.path.exists(self.vendors))
        self.assertFalse(os.path.exists(os.path.join(self.root, "build/onednn.choice")))

    def test_other_processors_have_no_wheel(self):
        self.stub("uname", "echo aarch64")
        self.assert_fails(self.dev("onednn", "3.2"),
                          "dev: the vendor's oneDNN 3.2 is for x86_64, this machine is aarch64.\n")

    def test_left_out_it_is_measured(self):
        result = self.dev("onednn")
        self.assertEqual((result.returncode, self.choice()), (0, "3.2\n"), result.stderr)
        system, vendors = self.calls("c++")
        self.assertNotIn("onednn-3.2", system)
        for option in (f"-isystem {self.vendors}/include", f"-L{self.vendors}/lib", f"-Wl,-rpath,{self.vendors}/lib"):
            self.assertIn(option, vendors)
        self.assertEqual(self.calls("python3")[-1],
                         f"python3 {self.root}/tests/bench/onednn_choice.py {self.root}/build/onednn_speed_system "
                         f"{self.root}/build/onednn_speed_3.2")

    def test_a_failed_measurement_chooses_nothing(self):
        self.stub("c++", "exit 1")
        self.assert_fails(self.dev("onednn"),
                          self.GETTING + "dev: the measuring program could not be built with oneDNN (system).\n")
        self.assertFalse(os.path.exists(os.path.join(self.root, "build/onednn.choice")))

    def test_builds_again_with_the_choice(self):
        self.dev("onednn", "3.2")
        self.cmake_with(self.vendors)
        self.assertEqual(self.dev("run", "digits.pbtxt").stderr, "Configuring (release)\n")
        self.assertEqual(self.calls("cmake"), [f"cmake --preset release --fresh -DTHAW_ONEDNN_ROOT={self.vendors}"])
        self.assertEqual(self.dev("run", "digits.pbtxt").stderr, "")
        self.dev("onednn", "system")
        self.cmake_with("")
        self.assertEqual(self.dev("run", "digits.pbtxt").stderr, "Configuring (release)\n")
        self.assertEqual(self.calls("cmake"), ["cmake --preset release --fresh"])

    def test_a_folder(self):
        os.makedirs(os.path.join(self.folder, "mine/include"))
        self.assert_fails(self.dev("onednn", "mine"), "dev: 'mine' has no include/dnnl.hpp.\n")
        open(os.path.join(self.folder, "mine/include/dnnl.hpp"), "w", encoding="utf-8").close()
        self.assertEqual(self.dev("onednn", "mine").returncode, 0)
        self.assertEqual(self.choice(), os.path.join(self.folder, "mine") + "\n")
        self.dev("run", "digits.pbtxt")
        self.assertEqual(self.calls("cmake"),
                         [f"cmake --preset release --fresh -DTHAW_ONEDNN_ROOT={self.folder}/mine"])

    def test_two_choices(self):
        self.assert_fails(self.dev("onednn", "3.2", "system"), "dev: onednn takes system, 3.2, a folder, or nothing.\n")

    def test_the_preset_has_the_vendors_whatever_was_chosen(self):
        self.dev("onednn", "system")
        self.assertEqual(self.dev("build", "onednn3").stderr, self.GETTING + "Configuring (onednn3)\n")
        self.assertEqual(self.calls("cmake"), [f"cmake --preset onednn3 --fresh -DTHAW_ONEDNN_ROOT={self.vendors}"])


class Packages(Machine):
    INSTALL = ("bash -c exec 3>&1 1>&2; exec \"$@\" bash env DEBIAN_FRONTEND=noninteractive apt-get -qq "
               "-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -o APT::Status-Fd=3 "
               "install -y --no-install-recommends libdnnl-dev")

    def setUp(self):
        super().setUp()
        self.stub("dpkg-query", ALL_BUT_LIBDNNL)
        self.stub("apt-get", "[[ $* = *update ]] || echo 'pmstatus:libdnnl2:50.5:Unpacking' >&3")

    def test_installs_what_is_missing_as_root(self):
        result = self.dev("run", "digits.pbtxt")
        self.assertEqual(
            result.stderr, "Installing the Debian packages that are missing:\n"
            "  libdnnl-dev                    CPU kernels (oneDNN)\n  installing 50 %\n")
        self.assertEqual([call.split("-o Dpkg::Use-Pty=0 ")[1] for call in self.calls("apt-get")],
                         ["update", "-o APT::Status-Fd=3 install -y --no-install-recommends libdnnl-dev"])

    def test_installs_with_sudo_as_a_user(self):
        self.stub("id", "echo 1000")
        self.stub("sudo", '"$@"')
        self.dev("run", "digits.pbtxt")
        self.assertEqual(self.calls("sudo")[-1], "sudo " + self.INSTALL)

    def test_says_what_to_type_without_root_and_sudo(self):
        self.stub("id", "echo 1000")
        self.assert_fails(
            self.dev("run", "digits.pbtxt"),
            "dev: these Debian packages are missing, and installing them takes root. Type as root:\n"
            "  apt-get update && apt-get install --no-install-recommends libdnnl-dev\n")
        self.assertEqual(self.calls("apt-get"), [])

    def test_goes_on_when_a_package_source_is_broken(self):
        self.stub("apt-get", "[[ $* != *update ]]")
        result = self.dev("run", "digits.pbtxt")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stderr.endswith("\n  apt-get update reported errors; going on\n"), result.stderr)

    def test_shows_why_the_installation_failed(self):
        self.stub("apt-get", "[[ $* = *update ]] || { echo 'E: no space left: /var'; exit 100; }")
        result = self.dev("run", "digits.pbtxt")
        self.assertEqual(result.returncode, 1)
        self.assertTrue(
            result.stderr.endswith("\nE: no space left: /var\ndev: apt-get could not install the packages; "
                                   "what it said is in build/apt.log.\n"), result.stderr)

    def test_installs_nothing_on_another_system(self):
        os.remove(os.path.join(self.tools, "dpkg-query"))
        result = self.dev("run", "digits.pbtxt")
        self.assertEqual(
            result.stderr, "dev: not a Debian system: taking it that what .ci/packages.txt lists is installed.\n")
        self.assertEqual(result.returncode, 0)


class Witness(Machine):
    """./dev test gets other engines to compare with, once, and goes on without them."""

    VENV = ('[[ $1 != -m ]] || { mkdir -p "$3/bin"; printf \'#!/bin/bash\\necho "pip $*" >>"$CALLS"\\n%s\\n\' "$PIP" '
            '>"$3/bin/pip"; chmod +x "$3/bin/pip"; }')

    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.root, "tests"))
        shutil.copy(os.path.join(tree.ROOT, "tests/witness.txt"), os.path.join(self.root, "tests"))
        for tool in ("chmod", "cmp", "cp"):
            os.symlink(shutil.which(tool), os.path.join(self.tools, tool))
        self.configured("ci")
        self.stub("ctest", "")
        self.witness = os.path.join(self.root, "build/witness")

    def dev_test(self, pip=""):
        self.stub("python3", f"PIP='{pip}'; " + self.VENV)
        return self.dev("test")

    def test_gets_it_once(self):
        result = self.dev_test()
        self.assertEqual((result.returncode, result.stderr),
                         (0, "Getting what tests compare with (tests/witness.txt) from PyPI\n"))
        wanted = os.path.join(self.root, "tests/witness.txt")
        self.assertEqual(self.calls("pip"), ["pip install --disable-pip-version-check --only-binary :all: --timeout 15 "
                                             f"--retries 1 -r {wanted}"])
        self.assertEqual(self.dev_test().stderr, "")
        self.assertEqual(self.calls("pip"), [])
        with open(wanted, "a", encoding="utf-8") as file:
            file.write("another\n")
        self.dev_test()
        self.assertEqual(len(self.calls("pip")), 1)

    def test_goes_on_without_it(self):
        result = self.dev_test("exit 1")
        self.assertEqual((result.returncode, result.stderr), (
            0, "Getting what tests compare with (tests/witness.txt) from PyPI\n"
            "dev: it could not be had (build/witness.log tells why); the tests that need it are skipped.\n"))
        self.assertFalse(os.path.exists(self.witness))
        self.assertEqual(len(self.calls("ctest")), 1)


class Script(unittest.TestCase):
    def test_has_no_finding_of_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        result = subprocess.run(["shellcheck", "dev", ".ci/run"], cwd=tree.ROOT, capture_output=True, text=True,
                                check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
