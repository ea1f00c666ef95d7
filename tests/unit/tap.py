# SPDX-License-Identifier: Apache-2.0
"""Runs unittest's tests and prints TAP, one line a test, as meson reads it."""
import sys
import unittest


class TapResult(unittest.TestResult):
    def line(self, test: unittest.TestCase, ok: bool, why: str = "", skipped: str = ""):
        name = test.id().removeprefix("__main__.").replace("_", " ")
        print(f"{'ok' if ok else 'not ok'} {self.testsRun} - {name}" + (f" # SKIP {skipped}" if skipped else ""))
        for line in why.splitlines():
            print(f"# {line}")
        sys.stdout.flush()

    def addSuccess(self, test):
        self.line(test, True)

    def addSkip(self, test, reason):
        self.line(test, True, skipped=reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.line(test, False, self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.line(test, False, self.errors[-1][1])

    def addSubTest(self, test, subtest, error):
        """Only a failure is told: the test itself has one line, be it that no part of it failed or the first that did."""
        told = any(failed.id().startswith(test.id()) for failed, _ in self.failures + self.errors)
        super().addSubTest(test, subtest, error)
        if error and not told:
            told_last = self.failures if issubclass(error[0], test.failureException) else self.errors
            self.line(test, False, f"{subtest.id()}\n{told_last[-1][1]}")


def run(module, names: list[str]) -> int:
    """The tests of `module`, or those of these names; yields the status to exit with."""
    loader = unittest.defaultTestLoader
    tests = loader.loadTestsFromNames(names, module) if names else loader.loadTestsFromModule(module)
    print(f"1..{tests.countTestCases()}", flush=True)
    result = TapResult()
    tests.run(result)
    return 0 if result.wasSuccessful() else 1
