"""A patch, what was measured of it, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Patch:
    """Whole new texts of the files that an edit changes (None deletes a file)."""

    strategy: str
    summary: str
    files: Mapping[str, str | None]
    reverted: tuple[str, ...] = ()
    """Ids of the commits that it reverts in part or whole; empty for a fix forward."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What running the code before and the code now in turns showed."""

    good: tuple[float, ...]
    """CPU seconds per round of the release before, one value a run; runs are interleaved."""
    bad: tuple[float, ...]
    ratio: float
    """bad / good, each its `quiet_cost`."""
    interval: tuple[float, float]
    """95 % bootstrap interval of `ratio`."""
    is_real: bool
    """Whether the loss is there beyond doubt."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What interleaved runs of one set of inputs showed; CPU seconds per round of the workload."""

    inputs: str
    """`usual`, which the search saw, or `held-out`."""
    good: tuple[float, ...] = ()
    """The code before the regression, one value a run; empty where there is none to go back to."""
    bad: tuple[float, ...] = ()
    """The code as it is."""
    fixed: tuple[float, ...] = ()
    at_good: float = float("nan")
    """On a quiet machine."""
    at_bad: float = float("nan")
    at_fixed: float = float("nan")
    restored: float = float("nan")
    """(bad - fixed) / (bad - good)."""
    restored_interval: tuple[float, float] = (float("nan"), float("nan"))
    """95 % bootstrap interval over runs."""
    saved: float = float("nan")
    """(bad - fixed) / bad."""
    saved_interval: tuple[float, float] = (float("nan"), float("nan"))
    reason: str = ""
    """Why it is not enough; empty where it is."""


CHECKS = {
    "applies": "the edit applies",
    "compiles": "it compiles",
    "lint": "the linter says nothing new",
    "tests": "the project's tests pass",
    "same output": "the workload says the same",
    "gain": "gain with the usual inputs",
    "held-out gain": "gain with inputs that no search saw",
    "honest": "it is no hollow fix",
}
"""What is checked of an edit; the first that fails ends it."""

HOLLOW = {
    "judges edited": "the workload, the tests or what they are run with was edited",
    "measurement changed": "how cost is measured was changed, not the cost",
    "feature deleted": "work is left out that the code is there to do",
    "input memorised": "only inputs that were seen before are quick",
    "cost moved": "what is saved is spent elsewhere",
}
"""Names of hollow fixes."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked of an edit."""

    name: str
    """One of `CHECKS`."""
    passed: bool | None
    """None where it could not be made."""
    detail: str = ""


def _ratio(cost: float, other: float) -> float:
    return cost / other if other else float("nan")


@dataclass(frozen=True, slots=True)
class Verification:
    """What running a patch showed."""

    checks: tuple[Check, ...] = ()
    """Those that were made, in order."""
    gains: tuple[Gain, ...] = ()
    """Of the usual inputs, and of those held out."""
    verified: bool = False
    reason: str = ""
    """Why it is not verified; empty when it is."""
    hollow: str = ""
    """Key of `HOLLOW`, where it gains nothing by what it seems to; else empty."""
    isolation: str = ""
    """How runs were kept apart: `bubblewrap`, `namespaces` or `limits`."""

    def has_passed(self, name: str) -> bool:
        """Whether a check was made and passed."""
        return any(check.name == name and check.passed for check in self.checks)

    @property
    def applied(self) -> bool:
        """Whether the edit can be made."""
        return self.has_passed("applies")

    @property
    def compiled(self) -> bool:
        """Whether what is edited compiles."""
        return self.has_passed("compiles")

    @property
    def same_output(self) -> bool:
        """Whether the workload says the same as before the edit."""
        return self.has_passed("same output")

    @property
    def gain(self) -> Gain:
        """That of the usual inputs; NaN where it was not measured."""
        return self.gains[0] if self.gains else Gain("usual")

    @property
    def good(self) -> tuple[float, ...]:
        """Runs of the code before the regression."""
        return self.gain.good

    @property
    def bad(self) -> tuple[float, ...]:
        """Runs of the code as it is."""
        return self.gain.bad

    @property
    def fixed(self) -> tuple[float, ...]:
        """Runs of the code as edited."""
        return self.gain.fixed

    @property
    def ratio_before(self) -> float:
        """Bad / good, as on a quiet machine."""
        return _ratio(self.gain.at_bad, self.gain.at_good)

    @property
    def ratio_after(self) -> float:
        """Fixed / good."""
        return _ratio(self.gain.at_fixed, self.gain.at_good)

    @property
    def gain_restored(self) -> float:
        """(bad - fixed) / (bad - good)."""
        return self.gain.restored

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of `gain_restored`."""
        return self.gain.restored_interval


@dataclass(frozen=True, slots=True)
class Fix:
    """A patch with its verification and where it was handed over."""

    patch: Patch
    diff: str
    verification: Verification
    branch: str = ""
    commit: str = ""
    pull_request: str = ""
    """Text of PULL_REQUEST.md."""
    n_trials: int = 0
    """Edits that the search for the patch tried."""
    run_seconds: float = 0.0
    """Wall clock seconds that runs of the workload and the tests took, of search and verification.
    """


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request, or merge request, that was opened for a fix."""

    host: str
    """`github` or `gitlab`."""
    url: str
    at: datetime
    asked: tuple[str, ...] = ()
    """Accounts that were asked for a review."""
    not_asked: tuple[str, ...] = ()
    """Who else should have been, and why not, a sentence each."""
    is_new: bool = True
    """Whether it was opened now; else one from the same branch was open already."""


@dataclass(frozen=True, slots=True)
class Workload:
    """How to run the work whose cost is judged."""

    command: tuple[str, ...]
    """Arguments after the Python executable, relative to the case folder."""
    paths: tuple[str, ...]
    """Import path besides the code under investigation, relative to the case folder."""
    rounds: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 120.0
    held_out: tuple[Mapping[str, str], ...] = ()
    """Variables that choose other inputs, which no search for a fix sees; one set each."""
    tests: tuple[str, ...] = ()
    """Arguments after the Python executable that run the project's tests, in its own folder."""
    libraries: str = ""
    """Folder of folders NAME-VERSION, of which each version of the code has those that its
    requirements.txt pins; relative to the case folder."""
