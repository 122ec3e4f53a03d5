"""Small files: a folder listing reads like a table of contents."""

import os
import tempfile
import unittest

import tree

MOST_LINES = 400


def too_long(root):
    findings = []
    for path in tree.files(root, (".cpp", ".h", ".cu", ".py")):
        lines = tree.read(root, path).count("\n")
        if lines > MOST_LINES:
            findings.append(f"{path}: {lines} lines, more than {MOST_LINES}")
    return findings


class SourceFiles(unittest.TestCase):
    def test_are_short(self):
        self.assertEqual(too_long(tree.ROOT), [])

    def test_are_found_when_too_long(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "graph"))
            for name, lines in (("at_the_limit.h", MOST_LINES), ("above.h", MOST_LINES + 1)):
                with open(os.path.join(root, "graph", name), "w", encoding="utf-8") as file:
                    file.write("\n" * lines)
            self.assertEqual(too_long(root), ["graph/above.h: 401 lines, more than 400"])


if __name__ == "__main__":
    unittest.main()
