"""What the agent does and says: its graph, its steps, its diagnosis, and a person's word on it."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import isnan
from typing import Any

import traitlets

from workbench.errors import ToolError
from workbench.types import MITIGATIONS, Diagnosis, Step
from workbench.widgets.task import TaskView, log_error, told_error
from workbench.widgets.view import text_table

NODES = (
    *("triage", "select_skills", "begin_opinion", "model", "tool", "hypothesis", "ground"),
    *("diagnose", "review", "hand_over"),
)
EDGES = (
    *pairwise(NODES),
    ("tool", "model"),
    ("model", "hypothesis"),
    ("ground", "begin_opinion"),
)
WAITS = "waits for review"
"""Status in which a person's word is asked for."""
VERDICTS = ("approve", "edit", "reject")
EDITABLE = ("change_id", "functions", "category", "mitigation", "summary")
STILL_STEPS = 60

_TOLD = (
    *("diagnosis", "status", "question", "struck", "opinions", "spent", "skills", "kept"),
    *("decision", "busy", "titles", "reviewer", "on_review", "on_rerun"),
)


class AgentView(TaskView):
    """An investigation as it goes: follow it, read what each claim rests on, and decide.

    Parameters
    ----------
    steps : iterable of Step
        Those that there are; `add_step` adds to them.
    diagnosis : Diagnosis, optional
        What was found.
    status : str
        `waits for review` asks for a person's word; others are shown as they are.
    skills : iterable of str
        Names of those that it can be run again under.
    nodes : iterable of str, optional
        Of the graph, in the order in which they are drawn. Default: those of the agent.
    edges : iterable of (str, str), optional
        From and to.
    on_review : callable, optional
        Takes the decision: `verdict` (`approve`, `edit` or `reject`), and where they were given
        `by`, `why`, and `changes` (fields of the diagnosis, with `edit`). What it raises is shown,
        and then the decision does not stand. Long work belongs into `begin`.
    on_rerun : callable, optional
        Takes the number of a step and the name of a skill, empty for the same one.
    question : str
        What was asked, in a person's words.
    struck : iterable of mapping
        Claims that nothing supports: `claim`, `call_id` and `why`. Default: those of `opinions`.
    opinions : iterable of mapping
        What each skill made of it: `skill`, `summary`, `confidence`, `change_id`, …
    spent : mapping of str to float
        What it took, such as `seconds` and `model_calls`.
    kept : iterable of (int, str)
        Numbers of the steps that it can be run again from, and what each is called. Default: the
        steps that are shown, counted from 0.
    titles : mapping of str to str
        Titles of changes by id, for those that the diagnosis names.
    reviewer : str
        Name that is filled in for the one who decides.

    Examples
    --------
    >>> view = AgentView([Step("triage", "Looked at read", "", 0.0, 0.1)], Diagnosis("R-1", "Why"))
    >>> view.status = "waits for review"
    >>> view.decide("approve", by="Ada")
    >>> view.decision
    {'verdict': 'approve', 'by': 'Ada'}
    """

    module = "agent_view.js"
    styles = ("parts.css", "task.css", "agent/view.css", "agent/review.css")

    _steps = traitlets.List(traitlets.Dict()).tag(sync=True)
    _graph = traitlets.Dict().tag(sync=True)
    _told = traitlets.Dict().tag(sync=True)
    selected_step = traitlets.Int(-1, help="Number of the chosen step; -1 for none.").tag(sync=True)
    decision = traitlets.Dict(help="What a person decided, as `on_review` is told; empty: nothing.")
    diagnosis = traitlets.Instance(Diagnosis, allow_none=True, help="What was found.")
    status = traitlets.Unicode(help="`waits for review`, `done`, `stopped`, or any other words.")
    busy = traitlets.Unicode(help="Why nothing can be decided just now; empty where it can.")
    question = traitlets.Unicode(help="What was asked.")
    struck = traitlets.List(traitlets.Dict(), help="Claims that nothing supports.")
    opinions = traitlets.List(traitlets.Dict(), help="What each skill made of it.")
    spent = traitlets.Dict(help="What it took.")
    skills = traitlets.List(traitlets.Unicode(), help="That it can be run again under.")
    kept = traitlets.List(traitlets.Tuple(), help="(number, name) of steps to run again from.")
    titles = traitlets.Dict(help="Titles of changes, by id.")
    reviewer = traitlets.Unicode(help="Name filled in for the one who decides.")
    on_review = traitlets.Callable(None, allow_none=True, help="Takes the decision.")
    on_rerun = traitlets.Callable(None, allow_none=True, help="Takes a step and a skill.")

    def __init__(
        self,
        steps: Iterable[Step] = (),
        diagnosis: Diagnosis | None = None,
        status: str = "",
        skills: Iterable[str] = (),
        nodes: Iterable[str] = NODES,
        edges: Iterable[tuple[str, str]] = EDGES,
        on_review: Callable[[dict[str, Any]], object] | None = None,
        on_rerun: Callable[[int, str], object] | None = None,
        question: str = "",
        *,
        struck: Iterable[Mapping[str, str]] = (),
        opinions: Iterable[Mapping[str, Any]] = (),
        spent: Mapping[str, float] | None = None,
        kept: Iterable[tuple[int, str]] = (),
        titles: Mapping[str, str] | None = None,
        reviewer: str = "",
        **kwargs: Any,
    ) -> None:
        self._adding = threading.RLock()
        self._shown = _steps_of(steps)
        super().__init__(
            _steps=[_told_step(step) for step in self._shown],
            _graph={"nodes": [*nodes], "edges": [list(edge) for edge in edges]},
            diagnosis=diagnosis, status=status, skills=[*skills], on_review=on_review,
            on_rerun=on_rerun, question=question, struck=[dict(item) for item in struck],
            opinions=[dict(item) for item in opinions], spent=dict(spent or {}), kept=[*kept],
            titles=dict(titles or {}), reviewer=reviewer, **kwargs,
        )  # fmt: skip
        self._tell()
        self.on_msg(self._hear)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are shown; assign others to show those."""
        return tuple(self._shown)

    @steps.setter
    def steps(self, steps: Iterable[Step]) -> None:
        with self._adding:
            self._shown = _steps_of(steps)
            self.selected_step = -1
            self._steps = [_told_step(step) for step in self._shown]

    def add_step(self, step: Step) -> None:
        """Show one more step. Only that one is sent; may be called from any thread."""
        with self._adding:
            told = _told_step(step)
            self._shown.append(step)
            self._steps.append(told)  # in place: what is shown later has it, and nothing is resent
            self.send({"kind": "step", "at": len(self._shown) - 1, "step": told})

    def decide(
        self, verdict: str, *, by: str = "", why: str = "", changes: Mapping[str, Any] | None = None
    ) -> None:
        """Decide on the diagnosis, as a click would.

        Parameters
        ----------
        verdict : str
            `approve`, `edit` or `reject`.
        by : str
            Who decides.
        why : str
            The reason; needed to reject.
        changes : mapping, optional
            With `edit`: fields of the diagnosis that are put right.

        Raises
        ------
        ToolError
            Nothing waits for a decision, or this is none.
        """
        if self.diagnosis is None or self.status != WAITS:
            raise ToolError(f"no diagnosis waits for a review: status is {self.status!r}")
        said = check_decision(verdict, by, why, changes or {})
        self._check_idle()
        if self.on_review is not None:
            self.on_review(dict(said))
        self.decision = said

    def rerun(self, step: int, skill: str = "") -> None:
        """Have it run again from a step, as a click would; ToolError where that cannot be."""
        if self.on_rerun is None:
            raise ToolError("it cannot be run again from here: no `on_rerun` was given")
        if skill and skill not in self.skills:
            raise ToolError(f"no skill {skill[:80]!r}; expected one of {', '.join(self.skills)}")
        numbers = [number for number, _ in self.kept] or [*range(len(self._shown))]
        if step not in numbers:
            raise ToolError(f"no step {step} to run again from; there are {len(numbers)}")
        self._check_idle()
        self.on_rerun(step, skill)

    def _check_idle(self) -> None:
        doing = self.task.title if self.task is not None and self.is_running else ""
        if self.busy or doing:
            raise ToolError(f"this has to wait: {self.busy or f'{doing} is being done'}")

    @traitlets.validate("selected_step")
    def _known(self, proposal: Any) -> int:
        if not -1 <= proposal["value"] < len(self._shown):
            seen = f"no step {proposal['value']}"
            raise ToolError(f"{seen}: expected 0 to {len(self._shown) - 1}, or -1 for none")
        return int(proposal["value"])

    @traitlets.observe(*_TOLD)
    def _retell(self, change: Any) -> None:
        if change["name"] == "status" and change["new"] == WAITS and self.decision:
            self.decision = {}  # it was on another diagnosis
        if self._told:
            self._tell()

    def _tell(self) -> None:
        struck = self.struck or [item for one in self.opinions for item in one.get("struck", ())]
        self._told = {
            "diagnosis": _told_diagnosis(self.diagnosis),
            "status": self.status,
            "waits": self.status == WAITS and self.diagnosis is not None,
            "busy": self.busy,
            "question": self.question,
            "struck": struck,
            "opinions": self.opinions,
            "spent": dict(self.spent),
            "skills": self.skills,
            "kept": [[number, text] for number, text in self.kept],
            "titles": self.titles,
            "reviewer": self.reviewer,
            "decision": self.decision,
            "mitigations": MITIGATIONS,
            "reruns": self.on_rerun is not None,
        }

    def _hear(self, widget: object, content: Any, buffers: object) -> None:
        """Do what a click asks for, and say how that went."""
        kind = content.get("kind")
        if kind not in ("review", "rerun"):
            return
        problem = ""
        try:
            if kind == "review":
                said = content.get("said", {})
                self.decide(str(said.get("verdict", "")), by=str(said.get("by", "")),
                            why=str(said.get("why", "")), changes=said.get("changes"))  # fmt: skip
            else:
                self.rerun(int(content.get("step", -1)), str(content.get("skill", "")))
        except Exception as error:
            log_error(f"the {kind}", error)
            problem = told_error(error)
        self.send({"kind": "heard", "about": kind, "problem": problem})

    def still(self) -> dict[str, str]:
        """Return the diagnosis, its claims and the steps."""
        told = self.diagnosis
        parts = [_paragraph("Question", self.question), _paragraph("Status", self.status)]
        parts += _still_diagnosis(told, self.titles) if told else ["<p>No diagnosis yet.</p>"]
        rows = [
            [str(number), step.node, step.title, f"{step.seconds:.2f}", step.call_id]
            for number, step in enumerate(self._shown[:STILL_STEPS])
        ]
        more = f", the first {STILL_STEPS}" if len(self._shown) > STILL_STEPS else ""
        head = ["", "Node", "Step", "Seconds", "Reply"]
        parts.append(text_table(head, rows, f"Steps: {len(self._shown)}{more}"))
        summary = told.summary if told else "no diagnosis yet"
        text = f"Investigation, {len(self._shown)} steps: {summary}"
        return {"text/plain": text, "text/html": "".join(parts)}


def check_decision(
    verdict: str, by: str, why: str, changes: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Return a decision without what is empty in it; ToolError where it is none."""
    if verdict not in VERDICTS:
        raise ToolError(f"expected a verdict of {', '.join(VERDICTS)}, got {verdict!r}")
    if not isinstance(changes, Mapping):
        raise ToolError(f"changes: expected a mapping, got {changes!r:.80}")
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown:
        raise ToolError(f"no field {unknown[0]!r}; edit takes one or more of {', '.join(EDITABLE)}")
    if (verdict == "edit") != bool(changes):
        seen = "changes nothing" if not changes else f"comes with changes of {', '.join(changes)}"
        raise ToolError(f"{verdict} {seen}; edit takes one or more of {', '.join(EDITABLE)}")
    if changes.get("mitigation", "") not in ("", *MITIGATIONS):
        known = ", ".join(MITIGATIONS)
        raise ToolError(f"mitigation: expected one of {known}, got {changes['mitigation']!r}")
    _check_kinds({"by": by, "why": why, **changes})
    empty = [name for name in ("category", "summary") if not str(changes.get(name, "x")).strip()]
    if verdict == "reject" and not why.strip():
        empty = ["why"]
    if empty:
        raise ToolError(f"{empty[0]}: expected words, got none")
    said = {"verdict": verdict, "by": by.strip(), "why": why.strip(), "changes": dict(changes)}
    return {name: value for name, value in said.items() if value}


def _check_kinds(said: Mapping[str, Any]) -> None:
    """Raise ToolError where what a person said is no text; functions are a list of such."""
    for name, value in said.items():
        is_list = name == "functions" and isinstance(value, list | tuple)
        for one in value if is_list else [value]:
            if name == "change_id" and one is None:
                continue
            if not isinstance(one, str) or (name == "functions" and not is_list):
                kind = "a list of texts" if name == "functions" else "a text"
                raise ToolError(f"{name}: expected {kind}, got {value!r:.80}")


def _steps_of(given: Iterable[Step]) -> list[Step]:
    """Return steps as a list; ToolError where something else is among them."""
    steps: list[Any] = [*given] if isinstance(given, Iterable) else [given]
    wrong = [step for step in steps if not isinstance(step, Step)]
    if wrong:
        raise ToolError(f"steps: expected steps of an investigation, got {wrong[0]!r:.80}")
    return steps


def _told_step(step: Step) -> dict[str, Any]:
    return {
        "node": step.node, "title": step.title, "detail": step.detail,
        "started_s": step.started_s, "seconds": step.seconds, "call_id": step.call_id,
    }  # fmt: skip


def _told_diagnosis(told: Diagnosis | None) -> dict[str, Any] | None:
    if told is None:
        return None
    return {
        "regression_id": told.regression_id,
        "summary": told.summary,
        "change_id": told.change_id or "",
        "functions": [*told.functions],
        "category": told.category,
        "mitigation": told.mitigation,
        "confidence": told.confidence,
        "evidence": [{"claim": item.claim, "call_id": item.call_id} for item in told.evidence],
        "skill": told.skill,
        "suspects": [*told.suspects],
    }


def _paragraph(name: str, text: str) -> str:
    return f"<p>{html.escape(name)}: {html.escape(text)}</p>" if text else ""


def _still_diagnosis(told: Diagnosis, titles: Mapping[str, str]) -> Sequence[str]:
    """Return a diagnosis as pieces of HTML."""
    cause = told.change_id or ""
    claims = "".join(
        f"<li>{html.escape(item.claim)} [{html.escape(item.call_id)}]</li>"
        for item in told.evidence
    )
    return [
        f"<p><strong>{html.escape(told.summary)}</strong></p>",
        _paragraph("Cause", f"{cause[:12]} {titles.get(cause, '')}".strip() or "no known change"),
        _paragraph("Confidence", "" if isnan(told.confidence) else f"{told.confidence:.0%}"),
        _paragraph("Category", told.category),
        _paragraph("Mitigation", told.mitigation),
        _paragraph("Functions", ", ".join(told.functions)),
        f"<ol>{claims}</ol>" if claims else "",
    ]
