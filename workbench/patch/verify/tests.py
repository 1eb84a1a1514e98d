"""Run a project's own tests on a version of its code."""

from __future__ import annotations

import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import PatchError
from workbench.patch.verify.run import TEST_SECONDS, workload_environment
from workbench.patch.verify.sandbox import Command, run_confined
from workbench.types import Workload

PLAIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p no:cacheprovider"}


@dataclass(frozen=True, slots=True)
class TestRun:
    """What the tests of a project said of one version."""

    __test__ = False

    passed: bool
    """Whether the command ended well."""
    failed: frozenset[str] = frozenset()
    """Names of the tests that failed, where the command tells them."""
    n_passed: int = 0
    cpu_seconds: float = 0.0
    complaint: str = ""
    """The last line that it printed."""


def run_tests(workload: Workload, folder: Path, code: Path) -> TestRun:
    """Run the project's tests in the folder of its code, confined like any run.

    Where the command runs pytest, the tests are told apart, so that those that fail already are
    not held against an edit.
    """
    arguments = [*workload.tests]
    env = workload_environment(workload, folder, code, 1, {}) | PLAIN
    with tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        is_pytest = "pytest" in arguments[:2]
        if is_pytest:
            arguments.append(f"--junitxml=/dev/fd/{told.fileno()}")
        command = [sys.executable, *arguments]
        done = run_confined(Command(command, "tests", code, env, TEST_SECONDS, (told.fileno(),)))
        told.seek(0)
        lines = (done.out.strip() or done.complaint.strip()).splitlines() or [""]
        n_passed, failed = _read(told.read()) if is_pytest else (0, frozenset())
    return TestRun(done.exit_code == 0, failed, n_passed, done.cpu_seconds, lines[-1][:200])


def _read(report: str) -> tuple[int, frozenset[str]]:
    """Return how many tests passed, and which failed."""
    try:
        cases = list(ElementTree.fromstring(report).iter("testcase")) if report else []
    except ElementTree.ParseError as error:
        raise PatchError(f"tests: expected a report of pytest, got {report[:80]!r}") from error
    failed, n_passed = set(), 0
    for case in cases:
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed.add(f"{case.get('classname')}::{case.get('name')}")
        elif "skipped" not in kinds:
            n_passed += 1
    return n_passed, frozenset(failed)


def compare_tests(now: TestRun, edited: TestRun, *, may_have_less: bool = False) -> str:
    """Return what the tests hold against an edit; empty for nothing.

    A revert takes tests back with what they test (`may_have_less`).
    """
    if new := sorted(edited.failed - now.failed):
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        return f"{new[0]}{more} fails, and passed before"
    if not edited.passed and now.passed:
        return edited.complaint or "the tests fail, and passed before"
    if edited.n_passed < now.n_passed and not may_have_less:
        return f"{edited.n_passed} tests pass; before {now.n_passed} did"
    return ""
