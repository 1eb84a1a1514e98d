"""What is expected of a case, and what a solver said of it: all that scorers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.agent import Skill, Trajectory
from workbench.evaluate.cases import Truth
from workbench.types import Fix, Outcome, Step

_DETAIL, _LONGEST_WHY = 600, 500
"""Letters that are kept of what a step told, and of why there is no answer."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The truth of a case."""

    culprits: frozenset[str] = frozenset()
    """Ids of the changes that did it; empty where nobody is to be named."""
    functions: frozenset[str] = frozenset()
    """Subjects of what they made slower."""
    category: str = ""
    kind: str = ""
    """Of the change: `commit`, `flag`, …"""

    @classmethod
    def of(cls, truth: Truth) -> Expected:
        """Return what is expected of a recorded case."""
        if not truth.regressed:
            return cls(category=truth.category)
        return cls(
            frozenset(truth.culprit_commits), frozenset(truth.culprit_functions), truth.category,
            "commit",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a solver said of a case, and what that took."""

    change_id: str = ""
    """Who was named; empty for nobody."""
    suspects: tuple[str, ...] = ()
    """Ids, the likeliest first."""
    functions: tuple[str, ...] = ()
    category: str = ""
    mitigation: str = ""
    confidence: float = 0.0
    """Probability that the answer is right."""
    n_claims: int = 0
    """That replies hold."""
    n_struck: int = 0
    """That nothing supported."""
    skill: str = ""
    """That decided."""
    consulted: tuple[str, ...] = ()
    """Categories of the skills that were consulted, in order."""
    spent: Mapping[str, float] = field(default_factory=dict)
    """`seconds`, `cpu_s`, `steps`, `tool_calls`, `tokens`, `dollars`, as far as known."""
    failure: str = ""
    """Why there is no answer; empty where there is one."""
    steps: tuple[Mapping[str, Any], ...] = ()
    """What led to it: `node`, `title`, `detail`, `started_s`, `seconds`, `call_id` each."""
    fix: Mapping[str, float] = field(default_factory=dict)
    """Of a fix that was tried: `applies`, `same_output`, `verified` (0 or 1), `gain_restored`."""

    @classmethod
    def of(
        cls, found: Trajectory, skills: Mapping[str, Skill], spent: Mapping[str, float],
        price: tuple[float, float] | None = None,
    ) -> Answer:  # fmt: skip
        """Return what an investigation said.

        Parameters
        ----------
        found : Trajectory
            The investigation.
        skills : mapping of str to Skill
            Those that it could consult.
        spent : mapping of str to float
            What was measured of it from outside.
        price : (float, float), optional
            Dollars for a million tokens read, and written.
        """
        said = found.diagnosis
        consulted = (skills[name].metadata.get("category", "") for name in found.consulted)
        return cls(
            said.change_id or "", said.suspects, said.functions, said.category, said.mitigation,
            said.confidence, len(said.evidence), len(found.struck), said.skill, tuple(consulted),
            {**spent, **_taken(found.steps, found.spent, price)}, steps=_kept(found.steps),
        )  # fmt: skip

    @classmethod
    def failed(
        cls, why: str, steps: Sequence[Step], used: Mapping[str, float],
        spent: Mapping[str, float], price: tuple[float, float] | None = None,
    ) -> Answer:  # fmt: skip
        """Return what came of an investigation that broke off: no answer, and what it took.

        Parameters
        ----------
        why : str
            What broke it off.
        steps : sequence of Step
            Up to then.
        used : mapping of str to float
            As `Trajectory.spent`.
        spent, price
            As `of` takes them.
        """
        taken = {**spent, **_taken(steps, used, price)}
        return cls(failure=why[:_LONGEST_WHY] or "no reason was told", spent=taken,
                   steps=_kept(steps))  # fmt: skip

    @classmethod
    def of_outcome(cls, outcome: Outcome) -> Answer:
        """Return what a whole solve said."""
        said = outcome.diagnosis
        seconds = outcome.seconds.get("detect", 0.0) + outcome.seconds.get("diagnose", 0.0)
        spent = {"seconds": seconds, "steps": float(len(outcome.steps))}
        suspects = tuple(suspect.change.id for suspect in outcome.suspects)
        if said is None:  # nothing regressed, as far as was seen
            return cls(confidence=1.0, suspects=suspects, spent=spent)
        return cls(
            said.change_id or "", said.suspects or suspects, said.functions, said.category,
            said.mitigation, said.confidence, len(said.evidence), skill=said.skill, spent=spent,
            fix=_fix(outcome.fix),
        )  # fmt: skip


def _taken(
    steps: Sequence[Step], used: Mapping[str, float], price: tuple[float, float] | None
) -> dict[str, float]:
    """Return how many steps, calls and tokens it took, and what these cost."""
    tokens = [used.get(name, 0.0) for name in ("tokens_in", "tokens_out")]
    calls = sum(1 for step in steps if step.call_id)
    taken = {"steps": float(len(steps)), "tool_calls": float(calls), "tokens": sum(tokens)}
    if price is not None:
        taken["dollars"] = (tokens[0] * price[0] + tokens[1] * price[1]) / 1e6
    return taken


def _kept(steps: Sequence[Step]) -> tuple[dict[str, Any], ...]:
    return tuple(asdict(step) | {"detail": step.detail[:_DETAIL]} for step in steps)


def _fix(fix: Fix | None) -> dict[str, float]:
    if fix is None:
        return {}
    seen = fix.verification
    told = {
        "applies": float(seen.applied and seen.compiled), "same_output": float(seen.same_output),
        "verified": float(seen.verified), "gain_restored": seen.gain_restored,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value == value}
