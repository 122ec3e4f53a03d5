"""Reads ctest's JUnit file and closes the run with one line: N passed, N failed, N skipped."""

import sys
import xml.etree.ElementTree as xml


class Summary:
    """What a test run came to. `skipped` and `failed` are (test, reason) pairs."""

    def __init__(self, suite):
        self.passed = 0
        self.failed = []
        self.skipped = []
        for case in suite.iter("testcase"):
            name = case.get("name", "?")
            if case.get("status") == "run":
                self.passed += 1
            elif case.get("status") == "notrun" and skip_of(case) is not None:
                self.skipped.append((name, skip_of(case)))
            else:
                # "fail", "disabled" and programs that could not be started: none of them is a pass.
                self.failed.append((name, reason_of_failure(case)))

    def text(self):
        lines = [f"skipped: {name}: {reason}" for name, reason in self.skipped]
        lines += [f"failed: {name}" + (f": {reason}" if reason else "") for name, reason in self.failed]
        lines.append(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped")
        return "\n".join(lines)

    def ok(self):
        return self.passed > 0 and not self.failed


def skip_of(case):
    """Why a test was skipped in its own words; None if it was not skipped but could not run."""
    message = case.find("skipped").get("message", "") if case.find("skipped") is not None else ""
    if not message.startswith("SKIP_"):
        return None
    # GoogleTest prints "FILE:LINE: Skipped" and then the reason; unittest "skipped 'REASON'"; our scripts "skipped: REASON".
    lines = [line.strip() for line in (case.findtext("system-out") or "").splitlines()]
    for index, line in enumerate(lines):
        if line.endswith(": Skipped"):
            return next((text for text in lines[index + 1:] if text), "no reason given")
        if " skipped '" in line:
            return line.split(" skipped '", 1)[1].rstrip("'")
        if line.startswith("skipped: "):
            return line.removeprefix("skipped: ")
    return "no reason given"


def reason_of_failure(case):
    for tag in ("failure", "skipped"):
        if case.find(tag) is not None:
            return case.find(tag).get("message", "")
    return case.get("status", "")


def main(path):
    try:
        suite = xml.parse(path).getroot()
    except (OSError, xml.ParseError) as error:
        print(f"{path}: no test results: {error}", file=sys.stderr)
        return 1
    summary = Summary(suite)
    print(summary.text())
    return 0 if summary.ok() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
