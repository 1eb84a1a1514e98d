"""A model that says what it was given."""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage

from workbench.agent.models.base import ToolCallingModel


class ScriptedModel(ToolCallingModel):
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
