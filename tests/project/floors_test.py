"""A folder includes only from the folders below it (the floors), and nothing includes itself by a circle."""

import os
import re
import tempfile
import unittest

import tree

BELOW = {
    "schemas": set(),
    "graph": {"schemas"},
    "ops": {"graph", "schemas"},
    "zoo": {"graph", "schemas"},
    "reports": {"schemas"},
    "runner": {"graph", "ops", "schemas", "zoo"},
    "tests": {"graph", "ops", "reports", "runner", "schemas", "zoo"},
}
# The one file that joins two towers.
EXCEPTIONS = {("runner/main.cpp", "reports")}
# The reference implementations are a second witness: they share no operator code. Their tests may compare.
REFERENCE = "tests/reference/"

# What differs between oneDNN 2 and 3 is hidden from all other files.
ASKS_FOR_VERSION = re.compile(r"ops/device/cpu/onednn_compat\w*\.(h|cpp)|tests/ops/onednn_compat_test\.cpp")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(root, path):
    """The project files that `path` includes, as written."""
    found = []
    for bracket, name in INCLUDE.findall(tree.read(root, path)):
        if bracket == '"' or name.split("/")[0] in BELOW:
            found.append(name)
    return found


def broken_floors(root):
    findings = []
    for path in tree.files(root, (".cpp", ".h", ".cu")):
        top = path.split("/")[0]
        for name in includes(root, path):
            target = name.split("/")[0]
            if target not in BELOW:
                findings.append(f'{path} includes "{name}": write the path from the root, such as "graph/shape.h"')
            elif path.startswith(REFERENCE) and target == "ops" and not path.endswith("_test.cpp"):
                findings.append(f'{path} includes "{name}": the reference shares no code with {target}')
            elif target != top and target not in BELOW[top] and (path, target) not in EXCEPTIONS:
                findings.append(f'{path} includes "{name}": {top} is not above {target}')
    return findings


def version_questions(root):
    return [f"{path} asks for oneDNN's version: only ops/device/cpu/onednn_compat* may"
            for path in tree.files(root, (".cpp", ".h"))
            if "DNNL_VERSION_M" in tree.read(root, path) and not ASKS_FOR_VERSION.fullmatch(path)]


def cycle(edges):
    """One cycle of the directed graph {node: {node}}, as a list that ends where it starts; [] if there is none."""
    done, trail = set(), []

    def visit(node):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return []
        trail.append(node)
        for follower in sorted(edges.get(node, ())):
            found = visit(follower)
            if found:
                return found
        trail.pop()
        done.add(node)
        return []

    for node in sorted(edges):
        found = visit(node)
        if found:
            return found
    return []


def file_cycle(root):
    return cycle({path: set(includes(root, path)) for path in tree.files(root, (".cpp", ".h", ".cu"))})


def folder_cycle(root):
    """A circle among folders. A folder and those inside it count as one neighbourhood: they may include each other."""
    edges = {}
    for path in tree.files(root, (".cpp", ".h", ".cu")):
        here = os.path.dirname(path)
        for name in includes(root, path):
            there = os.path.dirname(name)
            if not (here + "/").startswith(there + "/") and not (there + "/").startswith(here + "/"):
                edges.setdefault(here, set()).add(there)
    return cycle(edges)


class TheProject(unittest.TestCase):
    def test_keeps_its_floors(self):
        self.assertEqual(broken_floors(tree.ROOT), [])

    def test_hides_onednns_version(self):
        self.assertEqual(version_questions(tree.ROOT), [])

    def test_has_no_circle_of_files(self):
        self.assertEqual(file_cycle(tree.ROOT), [])

    def test_has_no_circle_of_folders(self):
        self.assertEqual(folder_cycle(tree.ROOT), [])

    def test_has_sources_to_check(self):
        self.assertGreater(len(tree.files(tree.ROOT, (".cpp", ".h"))), 20)


class TheCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, path, *included):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f'#include "{name}"\n' for name in included)

    def test_finds_an_include_from_above(self):
        self.write("graph/shape.h", "ops/conv.h")
        self.assertEqual(broken_floors(self.root), ['graph/shape.h includes "ops/conv.h": graph is not above ops'])

    def test_finds_an_include_from_beside(self):
        self.write("zoo/layers.cpp", "ops/conv.h")
        self.assertEqual(broken_floors(self.root), ['zoo/layers.cpp includes "ops/conv.h": zoo is not above ops'])

    def test_finds_a_question_for_onednns_version(self):
        for path in ("ops/conv/conv_onednn.cpp", "ops/device/cpu/onednn_compat_describe.h"):
            self.write(path, "DNNL_VERSION_MAJOR")
        self.assertEqual(version_questions(self.root), ["ops/conv/conv_onednn.cpp asks for oneDNN's version: "
                                                        "only ops/device/cpu/onednn_compat* may"])

    def test_lets_only_main_join_reports_and_runner(self):
        self.write("runner/main.cpp", "reports/report.h")
        self.write("runner/train/loop.cpp", "reports/report.h")
        self.assertEqual(broken_floors(self.root),
                         ['runner/train/loop.cpp includes "reports/report.h": runner is not above reports'])

    def test_finds_a_path_that_does_not_start_at_the_root(self):
        self.write("graph/graph.cpp", "graph.h")
        self.assertEqual(
            broken_floors(self.root),
            ['graph/graph.cpp includes "graph.h": write the path from the root, such as "graph/shape.h"'])

    def test_finds_a_reference_that_is_no_second_witness(self):
        self.write("tests/reference/conv.cpp", "ops/window.h")
        self.assertEqual(broken_floors(self.root),
                         ['tests/reference/conv.cpp includes "ops/window.h": the reference shares no code with ops'])

    def test_finds_a_circle_of_files(self):
        self.write("graph/a.h", "graph/b.h")
        self.write("graph/b.h", "graph/a.h")
        self.assertEqual(file_cycle(self.root), ["graph/a.h", "graph/b.h", "graph/a.h"])

    def test_finds_a_circle_of_folders(self):
        self.write("runner/data/a.h", "runner/train/b.h")
        self.write("runner/train/c.h", "runner/data/d.h")
        self.assertEqual(folder_cycle(self.root), ["runner/data", "runner/train", "runner/data"])

    def test_lets_a_folder_and_those_inside_include_each_other(self):
        self.write("ops/catalogue.cpp", "ops/conv/conv.h")
        self.write("ops/conv/conv.cpp", "ops/kernel.h")
        self.assertEqual(folder_cycle(self.root), [])


if __name__ == "__main__":
    unittest.main()
