"""What models have in common here: they call tools, and one error says that they did not."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import copy_context
from threading import Thread
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import ValidationError

from workbench.errors import ModelError, WorkbenchError

_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")
_MOST_NAME = 64
"""Of the name of a call: a provider that is sent another one refuses the whole conversation."""
_MOST_SAID = 500
_BYTES = re.compile(r"""b(['"]).*?\1""")
"""What was to be sent, as errors repeat it: a key may be in it."""
_CALL_BLOCKS = ("tool_use", "function_call", "tool_call")


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
        reply = self._reply(messages)
        if reply.usage_metadata is None:
            reply.usage_metadata = UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        raise NotImplementedError


def ask(
    model: Runnable[LanguageModelInput, AIMessage], messages: Sequence[AnyMessage],
    seconds: float | None = None,
) -> AIMessage:  # fmt: skip
    """Let a model answer; ModelError where it does not.

    With `seconds`, it is waited for that long: then the answer is, in words, that there is none.
    """
    if seconds is None:
        return _ask(model, messages)
    answer: Future[AIMessage] = Future()

    def wait() -> None:
        try:
            answer.set_result(_ask(model, messages))
        except BaseException as error:  # raised where it is waited for
            answer.set_exception(error)

    # no executor: at exit it would wait for a provider that hangs
    Thread(target=copy_context().run, args=(wait,), daemon=True).start()
    try:
        return answer.result(seconds)
    except FutureTimeout:
        return AIMessage(f"[no answer within {seconds:.3g} s]")


def _ask(
    model: Runnable[LanguageModelInput, AIMessage], messages: Sequence[AnyMessage]
) -> AIMessage:
    """Let a model answer, for as long as it takes.

    A call whose arguments are no JSON object makes the provider's package fail, though it is the
    model that erred: that is an answer in words, which say what was wrong.
    """
    try:
        return model.invoke([*messages])
    except WorkbenchError:
        raise
    except ValidationError as error:
        if error.title != AIMessage.__name__:
            raise ModelError(f"the model did not answer: {first_line(error)}") from error
        given = repr(error.errors(include_url=False)[0]["input"])[:200]
        return AIMessage(f"[not understood: {given} as {_fault(error)}]")
    except Exception as error:  # no key, no network, over quota; whatever the provider raises
        raise ModelError(f"the model did not answer: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Say in one line what a foreign error says, and the first of those that led to it."""
    first: BaseException = error
    while first.__cause__ is not None:
        first = first.__cause__
    said = _line(error)
    return said if first is error or str(first) in said else f"{said} ({_line(first)})"


def _line(error: BaseException) -> str:
    told = _fault(error) if isinstance(error, ValidationError) else str(error).strip()
    said = _BYTES.sub("...", told.split("\n")[0])[:_MOST_SAID]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _fault(error: ValidationError) -> str:
    """Say what does not fit, and where, but not what was given: there may be a key in it."""
    fault = error.errors(include_url=False)[0]
    return ": ".join(part for part in (".".join(map(str, fault["loc"])), fault["msg"]) if part)


def with_own_ids(message: AIMessage, taken: Container[str]) -> AIMessage:
    """Return an answer each of whose calls has an id of its own, and a name that may be sent back.

    Some models count their calls from 0 in each answer, or give them no ids; replies are cited by
    them.

    Parameters
    ----------
    message : AIMessage
        As the model gave it.
    taken : container of str
        Ids of the calls before it.
    """
    given: list[tuple[str | None, dict[str, Any]]] = []
    here: set[str] = set()
    for call in (*message.tool_calls, *message.invalid_tool_calls):
        wanted = call_id = call["id"] or "call"
        number = 1
        while call_id in taken or call_id in here:
            number += 1
            call_id = f"{wanted}-{number}"
        here.add(call_id)
        name = _UNFIT.sub("_", call["name"] or "unnamed")[:_MOST_NAME]
        given.append((call["id"], {"id": call_id, "name": name}))
    n = len(message.tool_calls)
    update = {
        "tool_calls": [
            {**call, **new} for call, (_, new) in zip(message.tool_calls, given[:n], strict=True)
        ],
        "invalid_tool_calls": [
            {**call, **new}
            for call, (_, new) in zip(message.invalid_tool_calls, given[n:], strict=True)
        ],
        "content": _renamed(message.content, given),
    }
    return message.model_copy(update=update)


def _renamed(content: Any, given: list[tuple[str | None, dict[str, Any]]]) -> Any:
    """Return content with the calls that some providers repeat in it under their new ids."""
    if isinstance(content, str):
        return content
    left = [*given]
    blocks = []
    for block in content:
        if isinstance(block, dict) and block.get("type") in _CALL_BLOCKS:
            key = "call_id" if "call_id" in block else "id"
            found = next((item for item in left if item[0] == block.get(key)), None)
            if found:
                left.remove(found)
                block = {**block, key: found[1]["id"], "name": found[1]["name"]}
        blocks.append(block)
    return blocks
