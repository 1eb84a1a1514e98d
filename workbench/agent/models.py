"""Chat models that need no key: one that follows a playbook, one that follows a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from workbench.agent.playbook import Reply, ReportDiagnosis
from workbench.agent.skills import Skill
from workbench.errors import ModelError, SkillError, WorkbenchError

SKILL_MARK = "Skill in use: "
"""Line of the system prompt by which a model knows the skill that was selected."""


class _ToolCallingModel(BaseChatModel):
    """A chat model whose only output is tool calls; the tools bound to it change nothing."""

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        raise NotImplementedError


class PlaybookChatModel(_ToolCallingModel):
    """Follows the selected skill's playbook.

    A pure function of the messages: each turn replays the playbook over the replies that are
    already there and makes its next call, so it is deterministic and resumes from anywhere.
    """

    skills: dict[str, Skill]

    @property
    def _llm_type(self) -> str:
        return "playbook"

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        facts = read_facts(messages)
        system = next((str(m.content) for m in messages if isinstance(m, SystemMessage)), "")
        if SKILL_MARK not in system:
            ranked = sorted(self.skills.values(), key=lambda s: (-s.relevance(facts), s.name))
            return _call("SelectSkill", {"name": ranked[0].name}, "select")
        name = system.split(SKILL_MARK, 1)[1].split("\n", 1)[0].strip()
        if name not in self.skills:
            raise SkillError(f"no playbook for skill {name!r}; known: {', '.join(self.skills)}")
        replies = [m for m in messages if isinstance(m, ToolMessage)]
        playbook = self.skills[name].investigate(facts)
        try:
            wanted = next(playbook)
            for message in replies:
                wanted = playbook.send(_as_reply(message))
        except StopIteration as end:
            report: ReportDiagnosis = end.value
            return _call("ReportDiagnosis", report.model_dump(), f"call-{len(replies) + 1}")
        return _call(wanted.tool, dict(wanted.arguments), f"call-{len(replies) + 1}")


class ScriptedModel(_ToolCallingModel):
    """Says what it was given, in order; for tests, and for trying the graph with odd models."""

    replies: list[AIMessage]
    n_said: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        self.n_said += 1
        reply = self.replies[min(self.n_said, len(self.replies)) - 1]
        return reply.model_copy()  # a message said twice is two messages


def ask(model: Runnable[LanguageModelInput, AIMessage], messages: list[AnyMessage]) -> AIMessage:
    """Let a model answer; ModelError where it does not."""
    try:
        return model.invoke(messages)
    except WorkbenchError:
        raise
    except Exception as error:  # no key, no network, over quota; whatever the provider raises
        raise ModelError(f"the model did not answer: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Say in one line what a foreign error says."""
    said = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


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
