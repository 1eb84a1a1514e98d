"""A model whose conversations are kept in a file, and replayed from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, messages_from_dict, messages_to_dict
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from workbench.errors import ModelError


class Cassette(BaseChatModel):
    """Records what a model answers, or replays what was recorded.

    An answer is found by what was asked: the roles, words and tool calls of the messages, and the
    names of the tools on offer. Ids and usage, which differ from run to run, do not count.

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
        key = _key(messages, names)
        taped = self._tape().get(key)
        if taped is None:
            taped = self._ask(messages)
            self._keep(key, taped)
        (message,) = messages_from_dict([taped])
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _ask(self, messages: list[BaseMessage]) -> dict[str, Any]:
        if self.model is None:
            raise ModelError(f"{self.path}: this was not asked when the tape was recorded")
        asked = self.model.bind_tools([*self.tools]) if self.tools else self.model
        return messages_to_dict([asked.invoke(messages)])[0]

    def _tape(self) -> dict[str, dict[str, Any]]:
        if not self.path.is_file():
            return {}
        found = {}
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                found[row["key"]] = row["answer"]
            except (ValueError, KeyError, TypeError) as error:
                raise ModelError(
                    f"{self.path} @ {number}: expected key and answer: {error}"
                ) from error
        return found

    def _keep(self, key: str, answer: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as tape:
            tape.write(json.dumps({"key": key, "answer": answer}, ensure_ascii=False) + "\n")


def _key(messages: Sequence[BaseMessage], tools: Sequence[str]) -> str:
    """Return what a question is known by; calls by their place, as their ids are made up anew."""
    places: dict[str, str] = {}
    said = []
    for message in messages:
        calls = []
        for call in message.tool_calls if isinstance(message, AIMessage) else []:
            places[call["id"] or ""] = f"#{len(places)}"
            calls.append([call["name"], call["args"]])
        answers = places.get(getattr(message, "tool_call_id", ""), "")
        said.append([message.type, message.text, calls, answers])
    text = json.dumps([said, tools], sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
