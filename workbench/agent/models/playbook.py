"""The model that needs no key: its policy is the selected skill's playbook."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from workbench.agent.models.base import ToolCallingModel
from workbench.agent.playbook import Reply, ReportDiagnosis
from workbench.agent.skills import Skill, match_skills
from workbench.errors import SkillError

SKILL_MARK = "Skill in use: "
"""Line of the system prompt by which a model knows the skill that was selected."""

_MOST_SKILLS = 3
_WORTH_A_LOOK = 0.05
_ASKED_FOR = 0.5
"""How well a skill fits, at least, that a person's question speaks of."""


class PlaybookChatModel(ToolCallingModel):
    """Follows the selected skill's playbook.

    A pure function of the messages: each turn replays the playbook over the replies that are
    already there and makes its next call, so it is deterministic and resumes from anywhere.
    """

    skills: Mapping[str, Skill]

    @property
    def _llm_type(self) -> str:
        return "playbook"

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        facts = read_facts(messages)
        system = next((str(m.content) for m in messages if isinstance(m, SystemMessage)), "")
        if SKILL_MARK not in system:
            return _call("SelectSkills", self._select(facts), "select")
        name = system.split(SKILL_MARK, 1)[1].split("\n", 1)[0].strip()
        if name not in self.skills:
            raise SkillError(f"no playbook for skill {name!r}; known: {', '.join(self.skills)}")
        replies = [m for m in messages if isinstance(m, ToolMessage)]
        next_id = f"{name}-{len(replies) + 1}"
        with blamed_on(self.skills[name]):
            playbook = self.skills[name].investigate(facts)
            try:
                wanted = next(playbook)
                for message in replies:
                    wanted = playbook.send(_as_reply(message))
            except StopIteration as end:
                report: ReportDiagnosis = end.value
                return _call("ReportDiagnosis", report.model_dump(), next_id)
            return _call(wanted.tool, dict(wanted.arguments), next_id)

    def _select(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Return the skills that fit the facts, and the question where one was asked, best first;
        and the best that any of them sees in each suspect.
        """
        asked = match_skills(str(facts.get("question", "")), self.skills.values())
        facts = {**facts, "asked": asked}
        fits: dict[str, float] = {}
        odds: dict[str, float] = {}
        for name, skill in self.skills.items():
            with blamed_on(skill):
                found = skill.relevance(facts)
            fits[name] = max(float(found), _ASKED_FOR * (name in asked))
            for change_id, seen in getattr(found, "odds", {}).items():
                odds[change_id] = max(seen, odds.get(change_id, 0.0))
        order = sorted(fits, key=lambda name: (-fits[name], name))
        names = [name for name in order if fits[name] >= _WORTH_A_LOOK][:_MOST_SKILLS]
        return {"names": names or order[:1], "odds": odds}


@contextmanager
def blamed_on(skill: Skill) -> Iterator[None]:
    """Say of which skill a playbook is that fails."""
    try:
        yield
    except Exception as error:  # whatever the author's code raises
        place = skill.folder / "scripts" / "playbook.py"
        within = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(place)]
        line = f":{within[-1].lineno}" if within else ""
        raise SkillError(f"{place}{line}: {type(error).__name__}: {error}") from error


def read_facts(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """Return the facts of the regression: the JSON of the first human message."""
    text = next(str(m.content) for m in messages if isinstance(m, HumanMessage))
    facts: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return facts


def _as_reply(message: ToolMessage) -> Reply:
    try:
        reply = Reply(json.loads(str(message.content)))
    except ValueError:
        reply = Reply()
        reply.error = str(message.content)
    reply.call_id = message.tool_call_id
    return reply


def _call(tool: str, arguments: dict[str, Any], call_id: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": call_id}])
