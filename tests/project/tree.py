"""What the project tests share: the repository's root and its files."""

import os

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FOLDERS = ("graph", "ops", "reports", "runner", "schemas", "tests", "zoo")


def files(root, extensions):
    """Paths relative to `root`, sorted, of the files in the project's folders that end in one of `extensions`."""
    found = []
    for top in FOLDERS:
        for folder, subfolders, names in os.walk(os.path.join(root, top)):
            subfolders[:] = [name for name in subfolders if name != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(extensions)]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()
