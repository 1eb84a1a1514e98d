"""Run the graph on a regression: from the start, on from where it stopped, or anew from a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import message_to_dict
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, StateSnapshot

from workbench.agent.budget import Budget
from workbench.agent.graph import Graph, build_graph
from workbench.agent.investigation import Investigation
from workbench.agent.nodes.closing import check_review
from workbench.agent.skills import Skill
from workbench.agent.state import Review
from workbench.agent.trajectory import Trajectory, describe_update, tell_next, to_diagnosis
from workbench.errors import ToolError
from workbench.types import Step

_NOTHING_SAID: dict[str, Any] = {"review": {}, "handed_over": {}, "opened": ""}
"""Of a diagnosis that is about to be made, whatever was said of one before it."""
DONE, WAITS, STOPPED = "done", "waits for review", "stopped"


class Run:
    """One investigation, with the graph that it runs on.

    Parameters
    ----------
    graph : Graph
        Compiled with a checkpointer.
    investigation : Investigation
        What its tools read.
    skills : collection of str
        Names of those on offer.
    investigation_id : str
        What it is known by where it is kept.
    """

    def __init__(
        self, graph: Graph, investigation: Investigation, skills: Collection[str],
        investigation_id: str,
    ) -> None:  # fmt: skip
        self.graph, self.investigation, self.id = graph, investigation, investigation_id
        self.skills = skills
        self._config: Any = config_of(investigation_id)

    @classmethod
    def in_memory(
        cls, investigation: Investigation, model: BaseChatModel, skills: Mapping[str, Skill],
        budget: Budget | None = None,
    ) -> Run:  # fmt: skip
        """Return one of which nothing is kept; arguments as `investigate` takes them."""
        graph = build_graph(
            model, investigation, skills, checkpointer=InMemorySaver(), budget=budget
        )
        return cls(graph, investigation, skills, "it")

    @property
    def state(self) -> StateSnapshot:
        """Where it is."""
        return self.graph.get_state(self._config)

    @property
    def status(self) -> str:
        """`done`, `waits for review`, or `stopped` on the way."""
        state = self.state
        if state.interrupts:
            return WAITS
        # a task whose result was kept, when what follows was not, is no longer next
        return STOPPED if state.tasks or not state.values else DONE

    @property
    def waits(self) -> bool:
        """Whether a person's word is waited for."""
        return self.status == WAITS

    @property
    def said(self) -> Review | None:
        """What a person said of the diagnosis when the graph waited for it; None for nothing."""
        said: Review | None = self.state.values.get("review")
        return said

    @property
    def opened(self) -> str:
        """What was kept by `keep_opened`; empty for nothing."""
        return str(self.state.values.get("opened", ""))

    def keep_opened(self, told: str) -> None:
        """Keep which pull request was opened for what was made of the diagnosis, as JSON."""
        self.graph.update_state(self._config, {"opened": told}, as_node="hand_over")

    @property
    def spent(self) -> dict[str, float]:
        """What was used so far, as `Trajectory.spent`."""
        return dict(self.state.values.get("spent", {}))

    def begin(
        self, job: Mapping[str, Any], regression_id: str, question: str = "",
        on_step: Callable[[Step], None] = lambda step: None, *, opportunity_id: str = "",
    ) -> None:  # fmt: skip
        """Run from the start, as far as it goes: of a regression, or of an opportunity."""
        given = {
            "job": dict(job), "regression_id": regression_id, "opportunity_id": opportunity_id,
            "question": question,
        }  # fmt: skip
        self._run(given, on_step)

    def go_on(self, on_step: Callable[[Step], None] = lambda step: None) -> None:
        """Run on from the last step that was kept; nothing where it is done or waits."""
        if self.status != STOPPED:
            return
        self._check_skills()
        self._run(None, on_step)

    def go_on_with_more(self, on_step: Callable[[Step], None] = lambda step: None) -> None:
        """Run on where a budget had ended it, with the one that it has now.

        The skill that was cut short begins again; what was answered is not asked again. ToolError
        where no budget ended it.
        """
        values = self.state.values
        if self.status == STOPPED:
            self.go_on(on_step)
            return
        if self.status != DONE or not values.get("cut_short"):
            raise ToolError(
                f"{self.id} is {self.status}, and no budget ended it; a step to run again from "
                "takes another budget"
            )
        self._check_skills()
        changed = {"opinions": values["opinions"][:-1], "cut_short": "", **_NOTHING_SAID}
        self._config = self.graph.update_state(self._config, changed, as_node="select_skills")
        self._run(None, on_step)
        self._config = config_of(self.id)

    def _check_skills(self) -> None:
        gone = {*self.state.values.get("skills", ())} - {*self.skills}
        if gone:
            raise ToolError(f"{self.id} uses {', '.join(sorted(gone))}, no skill there is now")

    def review(self, said: Review, on_step: Callable[[Step], None] = lambda step: None) -> None:
        """Take a person's word, and run on; ToolError where none is waited for or it is none."""
        if not self.waits:
            raise ToolError(f"{self.id} does not wait for a review: it is {self.status}")
        is_opportunity = bool(self.state.values.get("opportunity_id"))
        check_review(said, self.investigation, of_opportunity=is_opportunity)
        self._run(Command(resume=dict(said)), on_step)

    def rerun(
        self, number: int, skill: str = "", on_step: Callable[[Step], None] = lambda step: None
    ) -> None:
        """Run again from after a step, under another skill where one is named.

        What came after it is kept, and is no longer where this investigation is. Calls that had
        been answered by then are not made again.
        """
        steps = self._snapshots()
        if not 0 <= number < len(steps):
            raise ToolError(f"no step {number}: there are 0 to {len(steps) - 1}")
        past = steps[number]
        if not past.values.get("skills"):
            raise ToolError(
                f"step {number} is before a skill was chosen; there is nothing to change"
            )
        changed: dict[str, Any] = {}
        if skill and skill not in self.skills:
            raise ToolError(f"no skill {skill[:80]!r}; there are {', '.join(self.skills)}")
        if skill:
            changed = {"skills": [skill], "opinions": [], **_NOTHING_SAID}
        self._config = self.graph.update_state(
            past.config, changed or None, as_node="select_skills" if skill else "__copy__"
        )
        self._run(None, on_step)
        self._config = config_of(self.id)

    def steps(self) -> list[tuple[int, str]]:
        """Return (number, what is next) of each step that was kept, the first first."""
        return [
            (number, tell_next(past.next, past.values))
            for number, past in enumerate(self._snapshots())
        ]

    def trajectory(self) -> Trajectory:
        """Return the investigation as it went so far; ToolError before there is a diagnosis."""
        values = self.state.values
        if "diagnosis" not in values:
            raise ToolError(f"{self.id} has no diagnosis yet: it stopped on the way")
        updates = [*self._updates()]
        steps = [
            Step(node, title, detail, started, seconds, call_id)
            for node, change, started, seconds in updates
            for title, detail, call_id in describe_update(node, change)
        ]
        said = (m for _, change, _, _ in updates for m in change.get("messages", ()))
        return Trajectory(
            to_diagnosis(values["diagnosis"]), tuple(steps),
            tuple(message_to_dict(message) for message in said if message.type != "remove"),
            self.spent,
            tuple(item for opinion in values["opinions"] for item in opinion["struck"]),
            tuple(opinion["skill"] for opinion in values["opinions"]),
        )  # fmt: skip

    def _run(self, given: Any, on_step: Callable[[Step], None]) -> None:
        began = at = time.perf_counter()
        for update in self.graph.stream(
            given, self._config, stream_mode="updates", durability="sync"
        ):
            now = time.perf_counter()
            for node, change in update.items():
                if not node.startswith("__"):  # that it waits for a person, or a reply was kept
                    for title, detail, call_id in describe_update(node, change or {}):
                        on_step(Step(node, title, detail, at - began, now - at, call_id))
            at = now

    def _snapshots(self) -> list[StateSnapshot]:
        """Return the steps that lead to where it is, the first first."""
        known = {
            checkpoint_of(past.config): past for past in self.graph.get_state_history(self._config)
        }
        found: list[StateSnapshot] = []
        past = known.get(checkpoint_of(self.state.config))
        while past is not None:
            found.append(past)
            past = known.get(checkpoint_of(past.parent_config))
        return found[::-1]

    def _updates(self) -> Iterator[tuple[str, Mapping[str, Any], float, float]]:
        """Yield (node, what it changed, seconds from the start, seconds it took) of each step."""
        snapshots = self._snapshots()
        times = [datetime.fromisoformat(past.created_at or "") for past in snapshots]
        for past, after, at, end in zip(
            snapshots, [*snapshots[1:], None], times, [*times[1:], times[-1]], strict=True
        ):
            if after is not None and (after.metadata or {}).get("source") == "update":
                continue  # it was run again from here, and what came of it then was left
            started = (at - times[0]).total_seconds()
            for task in past.tasks:
                yield task.name, task.result or {}, started, (end - at).total_seconds()


def checkpoint_of(config: Any) -> str:
    """Return the id of the checkpoint that a configuration is of; empty for none."""
    return str((config or {}).get("configurable", {}).get("checkpoint_id", ""))


def config_of(investigation_id: str) -> Any:
    """Return what LangGraph knows an investigation by."""
    return {"configurable": {"thread_id": investigation_id, "checkpoint_ns": ""}}


def investigate(
    investigation: Investigation,
    regression_id: str,
    model: BaseChatModel,
    skills: Mapping[str, Skill],
    *,
    question: str = "",
    budget: Budget | None = None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Trajectory:
    """Investigate one regression, and keep nothing of it.

    Parameters
    ----------
    investigation : Investigation
        What the tools read.
    regression_id : str
        One that was detected.
    model : BaseChatModel
        Any that calls tools.
    skills : mapping of str to Skill
        Those on offer.
    question : str
        What a person asks about it; skills are chosen by it too.
    budget : Budget, optional
        What it may take.
    on_step : callable
        Told of each step as it ends.
    """
    run = Run.in_memory(investigation, model, skills, budget)
    run.begin({}, regression_id, question, on_step)
    return run.trajectory()
