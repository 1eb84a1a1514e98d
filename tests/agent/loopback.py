"""A chat model behind HTTP on 127.0.0.1, as two providers speak it, that can be told to misbehave.

What is asked is translated to LangChain's messages, answered by a function of them, and translated
back. A conversation that the provider itself would refuse is refused here too.
"""

import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langsmith.utils import get_env_var

from workbench.agent.models import SKILL_MARK, read_facts

Answer = Callable[[list[BaseMessage]], AIMessage]


_FOREIGN = re.compile(
    r".*_(api_key|proxy|base_url|auth_token)|(openai|anthropic|lang(chain|smith))_.*", re.IGNORECASE
)


@contextmanager
def on_this_machine() -> Iterator[None]:
    """Let no key, proxy or tracing of the environment count, and stop whoever would leave."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        assert address[0] == "127.0.0.1", address
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        for name in filter(_FOREIGN.fullmatch, [*os.environ]):
            patch.delenv(name)
        patch.setattr(socket.socket, "connect", connect_here)
        get_env_var.cache_clear()
        yield
    get_env_var.cache_clear()


class Fault(NamedTuple):
    """What a server does instead of an answer."""

    status: int
    """0: nothing at all, until the server is closed."""
    times: float = 1
    retry_after: str = ""


class Usage(NamedTuple):
    """Tokens of one answer, as the server counted them."""

    tokens_in: int
    tokens_out: int


class Refused(Exception):
    """A conversation that the provider would not take."""


class Loopback:
    """A server of both providers' chat APIs; a context manager.

    Parameters
    ----------
    answer : callable
        Messages -> the model's next one. What is among its `invalid_tool_calls` is sent as it is.
    faults : sequence of Fault
        What happens first, in order.
    counts : bool
        Whether answers tell their tokens.
    """

    def __init__(
        self, answer: Answer, faults: Sequence[Fault] = (), *, counts: bool = True
    ) -> None:
        self.answer = answer
        self.counts = counts
        self.asked: list[dict[str, Any]] = []
        """Every request, also those that were not answered."""
        self.reported: list[Usage] = []
        """Of every answer."""
        self.refused: list[str] = []
        self.closed = threading.Event()
        self.lock = threading.Lock()
        self._faults = [[fault, fault.times] for fault in faults]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> "Loopback":
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def fault(self) -> Fault | None:
        """Take the next fault; None where it is time to answer."""
        for left in self._faults:
            if left[1] > 0:
                left[1] -= 1
                return left[0]
        return None

    def respond(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON of an answer."""
        read, write = (_read_openai, _write_openai)
        if path == "/v1/messages":
            read, write = (_read_anthropic, _write_anthropic)
        elif path != "/v1/chat/completions":
            return 404, {"error": {"type": "not_found_error", "message": path}}
        try:
            message = self.answer([*read(json.loads(body))])
        except Exception as error:  # the test that fails says what it was
            said = f"{type(error).__name__}: {error}"
            self.refused.append(said)
            return 400, {"error": {"type": "invalid_request_error", "message": said}}
        usage = Usage(len(body) // 4, len(message.model_dump_json()) // 4)
        self.reported.append(usage)
        written = write(message, usage, len(self.reported))
        return 200, written if self.counts else {**written, "usage": None}


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with loopback.lock:
                loopback.asked.append(json.loads(body))
                fault = loopback.fault()
            if fault and not fault.status:
                loopback.closed.wait()
                return
            if fault:
                said = {"error": {"type": "api_error", "message": "try again later"}}
                self._send(fault.status, said, fault.retry_after)
                return
            with loopback.lock:
                status, told = loopback.respond(self.path, body)
            self._send(status, told)

        def _send(self, status: int, told: Mapping[str, Any], retry_after: str = "") -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            if retry_after:
                self.send_header("retry-after", retry_after)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _expect(holds: bool, complaint: str) -> None:
    if not holds:
        raise Refused(complaint)


# --- OpenAI: POST /v1/chat/completions ---


def _read_openai(body: dict[str, Any]) -> Iterator[BaseMessage]:
    _check_offered([tool["function"] for tool in body["tools"]], "parameters")
    waiting: list[str] = []
    for said in body["messages"]:
        role, content = said["role"], said["content"]
        _expect(role == "tool" or not waiting, f"no tool message answers {waiting}")
        match role:
            case "system" | "developer":
                yield SystemMessage(content)
            case "user":
                yield HumanMessage(content)
            case "tool":
                _expect(said["tool_call_id"] in waiting, "a tool message that answers no call")
                waiting.remove(said["tool_call_id"])
                yield ToolMessage(content, tool_call_id=said["tool_call_id"])
            case "assistant":
                calls = said.get("tool_calls", [])
                waiting = [call["id"] for call in calls]
                _check_ids(waiting)
                _check_names(call["function"]["name"] for call in calls)
                _expect(bool(content or calls), "an assistant that says nothing")
                yield _said(
                    content or "",
                    [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls],
                )
            case _:
                raise Refused(f"no role {role!r}")
    _expect(not waiting, f"no tool message answers {waiting}")


def _write_openai(message: AIMessage, usage: Usage, number: int) -> dict[str, Any]:
    calls = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments in _calls_of(message)
    ]
    said = {"role": "assistant", "content": message.text or None}
    return {
        "id": f"chatcmpl-{number}", "object": "chat.completion", "created": 0, "model": "anything",
        "choices": [{
            "index": 0, "finish_reason": "tool_calls" if calls else "stop",
            "message": said | ({"tool_calls": calls} if calls else {}),
        }],
        "usage": {
            "prompt_tokens": usage.tokens_in, "completion_tokens": usage.tokens_out,
            "total_tokens": sum(usage),
        },
    }  # fmt: skip


# --- Anthropic: POST /v1/messages ---


def _read_anthropic(body: dict[str, Any]) -> Iterator[BaseMessage]:
    _check_offered(body["tools"], "input_schema")
    if body.get("system"):
        yield SystemMessage(_text(body["system"]))
    used: list[str] = []
    waiting: list[str] = []
    last = "assistant"
    for said in body["messages"]:
        role, content = said["role"], said["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        _expect({role, last} == {"user", "assistant"}, f"{role} after {last}")
        _expect(all(b.get("text", "-").strip() for b in blocks) and bool(blocks), "an empty text")
        last = role
        if role == "assistant":
            calls = [block for block in blocks if block["type"] == "tool_use"]
            waiting = [block["id"] for block in calls]
            used += waiting
            _check_ids(used)
            _check_names([*used, *(block["name"] for block in calls)])
            inputs = [block["input"] for block in calls]
            _expect(all(isinstance(i, dict) for i in inputs), f"no dictionary among {inputs}")
            words = [block for block in blocks if block["type"] == "text"]
            yield _said(_text(words), [(b["id"], b["name"], json.dumps(b["input"])) for b in calls])
            continue
        results = [block for block in blocks if block["type"] == "tool_result"]
        answered = [block["tool_use_id"] for block in results]
        _expect(sorted(answered) == sorted(waiting), f"{answered} answer {waiting}")
        waiting = []
        for block in results:
            status = "error" if block.get("is_error") else "success"
            yield ToolMessage(
                _text(block["content"]), tool_call_id=block["tool_use_id"], status=status
            )
        if words := [block for block in blocks if block["type"] == "text"]:
            yield HumanMessage(_text(words))
    _expect(last == "user" and not waiting, "it is not the model's turn")


def _write_anthropic(message: AIMessage, usage: Usage, number: int) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if message.text:
        content.append({"type": "text", "text": message.text})
    for call_id, name, arguments in _calls_of(message):
        try:
            given = json.loads(arguments)
        except ValueError:
            given = arguments
        content.append({"type": "tool_use", "id": call_id, "name": name, "input": given})
    cached = usage.tokens_in // 2
    return {
        "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude-anything",
        "content": content, "stop_sequence": None,
        "stop_reason": "tool_use" if len(content) > bool(message.text) else "end_turn",
        "usage": {
            "input_tokens": usage.tokens_in - cached, "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": 0, "output_tokens": usage.tokens_out,
        },
    }  # fmt: skip


# --- both ---

_FIT = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def _check_offered(tools: Sequence[Mapping[str, Any]], schema: str) -> None:
    _check_names(tool["name"] for tool in tools)
    for tool in tools:
        _expect(tool[schema]["type"] == "object", f"{tool['name']} takes no object")


def _check_ids(ids: Sequence[Any]) -> None:
    _expect(len(set(ids)) == len(ids), f"an id twice in {ids}")
    _expect(all(isinstance(call_id, str) and call_id for call_id in ids), f"no id in {ids}")


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        _expect(bool(_FIT.fullmatch(name)), f"{name!r} as the id or name of a call")


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content)


def _said(words: str, calls: Sequence[tuple[str, str, str]]) -> AIMessage:
    well: list[dict[str, Any]] = []
    badly: list[dict[str, Any]] = []
    for call_id, name, arguments in calls:
        try:
            given = json.loads(arguments)
        except ValueError:
            given = None
        if isinstance(given, dict):
            well.append({"name": name, "args": given, "id": call_id})
        else:
            badly.append({"name": name, "args": arguments, "id": call_id, "error": None})
    return AIMessage(words, tool_calls=well, invalid_tool_calls=badly)


def _calls_of(message: AIMessage) -> list[tuple[str | None, str, str]]:
    well = [(call["id"], call["name"], json.dumps(call["args"])) for call in message.tool_calls]
    badly = [(c["id"], c["name"] or "", c["args"] or "") for c in message.invalid_tool_calls]
    return well + badly


# --- models that misbehave: each a function of the messages, as a model is ---


def chooses_skills(messages: Sequence[BaseMessage]) -> bool:
    """Tell whether skills are to be chosen; what misbehaves does so after that."""
    return not any(isinstance(m, SystemMessage) and SKILL_MARK in m.text for m in messages)


def stumbling(answer: Answer, bad: AIMessage, after: int = 2) -> Answer:
    """Say something else once in a conversation, after so many replies, and then go on as before."""
    ids = {call["id"] for call in (*bad.tool_calls, *bad.invalid_tool_calls)}

    def reply(messages: list[BaseMessage]) -> AIMessage:
        if chooses_skills(messages):
            return answer(messages)
        heard = [m for m in messages if isinstance(m, ToolMessage)]
        stumbled = any(m.tool_call_id in ids for m in heard) or any(
            isinstance(m, AIMessage) and not _calls_of(m) for m in messages
        )
        if len(heard) == after and not stumbled:
            return bad.model_copy(deep=True)
        return answer([m for m in messages if getattr(m, "tool_call_id", "") not in ids])

    return reply


def asking_twice(answer: Answer) -> Answer:
    """Make each call twice at once, the second under another id."""

    def reply(messages: list[BaseMessage]) -> AIMessage:
        said = answer([m for m in messages if "again" not in getattr(m, "tool_call_id", "")])
        if chooses_skills(messages) or said.tool_calls[0]["name"] == "ReportDiagnosis":
            return said
        (call,) = said.tool_calls
        return AIMessage("", tool_calls=[call, {**call, "id": f"{call['id']}-again"}])

    return reply


def naming_all_calls(answer: Answer, call_id: str) -> Answer:
    """Give every call the same id."""

    def reply(messages: list[BaseMessage]) -> AIMessage:
        said = answer(messages)
        return AIMessage(said.content, tool_calls=[{**c, "id": call_id} for c in said.tool_calls])

    return reply


def never_ending(answer: Answer, seconds: float = 0.0) -> Answer:
    """Look at one thing more, for ever, and take some time over each."""

    def reply(messages: list[BaseMessage]) -> AIMessage:
        if chooses_skills(messages):
            return answer(messages)
        time.sleep(seconds)
        number = 1 + sum(isinstance(m, ToolMessage) for m in messages)
        asked = {"regression_id": read_facts(messages)["regression_id"], "limit": number % 20 + 1}
        call = {"name": "diff_profile", "args": asked, "id": f"look-{number}"}
        return AIMessage("", tool_calls=[call])

    return reply


def only_talking(answer: Answer) -> Answer:
    """Speak words where a call is expected."""

    def reply(messages: list[BaseMessage]) -> AIMessage:
        return answer(messages) if chooses_skills(messages) else AIMessage("I think it was idle.")

    return reply
