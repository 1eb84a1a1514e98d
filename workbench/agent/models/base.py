"""What all models have in common here: they only call tools, and one error says that they did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from workbench.errors import ModelError, WorkbenchError


class ToolCallingModel(BaseChatModel):
    """A chat model whose only output is tool calls; the tools bound to it change nothing."""

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return itself."""
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        raise NotImplementedError


def ask(
    model: Runnable[LanguageModelInput, AIMessage], messages: Sequence[AnyMessage]
) -> AIMessage:
    """Let a model answer; ModelError where it does not."""
    try:
        return model.invoke([*messages])
    except WorkbenchError:
        raise
    except Exception as error:  # no key, no network, over quota; whatever the provider raises
        raise ModelError(f"the model did not answer: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Say in one line what a foreign error says."""
    said = str(error).strip().split("\n")[0][:500]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
