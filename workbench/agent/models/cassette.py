"""A model whose conversations are kept in a file, and replayed from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from workbench.agent.models.base import first_line
from workbench.errors import ModelError


class Cassette(BaseChatModel):
    """Records what a model answers, or replays what was recorded.

    An answer is found by what was asked: the roles, words and tool calls of the messages, and the
    names of the tools on offer. Ids and usage, which differ from run to run, do not count; where an
    answer cites calls, it cites those of the conversation that it is replayed in.

    Parameters
    ----------
    path : Path
        File of the tape, one JSON object a line; what is new is appended.
    model : BaseChatModel, optional
        Who is asked what the tape does not hold. Without one that is a ModelError.
    """

    path: Path
    model: BaseChatModel | None = None
    tools: tuple[Any, ...] = ()

    @property
    def _llm_type(self) -> str:
        return "cassette"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return the same tape with tools on offer."""
        return self.model_copy(update={"tools": tuple(tools)})

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **kwargs: Any,
    ) -> ChatResult:  # fmt: skip
        names = sorted(convert_to_openai_tool(tool)["function"]["name"] for tool in self.tools)
        ids = _ids_of(messages)
        key = _key(messages, names, ids)
        taped = self._tape().get(key)
        if taped is None:
            answer = self._ask(messages)
            self._keep(key, answer, ids)
        else:
            answer = _citing(taped.answer, dict(zip(taped.ids, ids, strict=True)))
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _ask(self, messages: list[BaseMessage]) -> AIMessage:
        if self.model is None:
            last = f"{messages[-1].type}: {messages[-1].text:.80}" if messages else "nothing"
            raise ModelError(
                f"{self.path}: this was not asked when the tape was recorded, or there is no tape; "
                f"{len(messages)} messages, the last of {last!r}"
            )
        asked = self.model.bind_tools([*self.tools]) if self.tools else self.model
        answer = asked.invoke(messages)
        assert isinstance(answer, AIMessage)  # so does every chat model
        return answer

    def _tape(self) -> dict[str, _Taped]:
        if not self.path.is_file():
            return {}
        found = {}
        for number, line in enumerate(self.path.read_bytes().splitlines(), start=1):
            try:
                row = json.loads(line)
                (answer,) = messages_from_dict([row["answer"]])
                if not isinstance(answer, AIMessage):
                    raise TypeError(f"a message of type {answer.type}")
                found[row["key"]] = _Taped(answer, tuple(row["ids"]))
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                raise ModelError(
                    f"{self.path} @ {number}: expected key, ids and answer: {first_line(error)}"
                ) from error
        return found

    def _keep(self, key: str, answer: AIMessage, ids: Sequence[str]) -> None:
        row = {"key": key, "ids": ids, "answer": message_to_dict(answer)}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as tape:
                tape.write(f"{json.dumps(row, default=str)}\n".encode("ascii"))
        except OSError as error:
            raise ModelError(f"{self.path}: cannot be written: {first_line(error)}") from error


class _Taped(NamedTuple):
    """An answer, and the ids of the calls before it."""

    answer: AIMessage
    ids: tuple[str, ...]


def _calls(message: BaseMessage) -> list[Any]:
    if not isinstance(message, AIMessage):
        return []
    return [*message.tool_calls, *message.invalid_tool_calls]


def _ids_of(messages: Sequence[BaseMessage]) -> list[str]:
    """Return the ids of all calls that have one, in order."""
    return [call["id"] for message in messages for call in _calls(message) if call["id"]]


def _key(messages: Sequence[BaseMessage], tools: Sequence[str], ids: Sequence[str]) -> str:
    """Return what a question is known by; calls by their place, as their ids are made up anew."""
    places = {call_id: f"#{place}" for place, call_id in enumerate(ids)}
    said = []
    for message in messages:
        calls = [[call["name"], _replaced(call["args"], places)] for call in _calls(message)]
        answered = getattr(message, "tool_call_id", "")
        text = message.text.replace(json.dumps(answered), "", 1)  # a reply tells its own id
        said.append([message.type, text, calls, places.get(answered, "")])
    text = json.dumps([said, tools], sort_keys=True)
    return blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def _citing(answer: AIMessage, new: Mapping[str, str]) -> AIMessage:
    """Return an answer that cites calls by their new ids."""
    calls = [{**call, "args": _replaced(call["args"], new)} for call in answer.tool_calls]
    return answer.model_copy(update={"tool_calls": calls})


def _replaced(value: Any, new: Mapping[str, str]) -> Any:
    """Return a value of JSON with other texts for some."""
    if isinstance(value, str):
        return new.get(value, value)
    if isinstance(value, dict):
        return {key: _replaced(part, new) for key, part in value.items()}
    return [_replaced(part, new) for part in value] if isinstance(value, list) else value
