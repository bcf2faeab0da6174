"""Runs every test here, one process a module and two at once. The last line: N passed, M failed. A skipped test counts as failed."""
import subprocess
import sys
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.good = 0
        self.begun = {}
        self.took = {}

    def startTest(self, test):
        super().startTest(test)
        self.begun[test.id()] = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.took[test.id()] = time.monotonic() - self.begun[test.id()]

    def addSuccess(self, test):
        super().addSuccess(test)
        self.good += 1


def one(module):
    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    result = unittest.TextTestRunner(resultclass=Result, verbosity=2).run(suite)
    wanted = suite.countTestCases()
    for name, seconds in sorted(result.took.items(), key=lambda item: -item[1])[:3]:
        print(f"  {seconds:.0f} s  {name.rsplit('.', 1)[-1]}")
    print(f"{result.good} {max(wanted - result.good, len(result.errors) + len(result.failures) and 1)}")


def everything():
    def module(name):
        begun = time.monotonic()
        done = subprocess.run([sys.executable, "-W", "error::SyntaxWarning", __file__, name], cwd=HERE, capture_output=True, text=True)
        *slowest, last = done.stdout.rstrip().splitlines() or ["0 1"]
        passed, failed = map(int, last.split())
        print(f"{name}: {passed} passed, {failed} failed, {time.monotonic() - begun:.0f} s; the slowest:", *slowest, sep="\n", flush=True)
        if failed:
            print(done.stderr, flush=True)
        return passed, failed

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(module, ["test_deploy", "test_scripts", "test_lint"]))
    passed, failed = map(sum, zip(*results))
    print(f"{passed} passed, {failed} failed")
    return failed == 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    if len(sys.argv) > 1:
        one(sys.argv[1])
    else:
        sys.exit(not everything())
