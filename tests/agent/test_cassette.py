import json
from itertools import count

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from tests.agent.loopback import Loopback, on_this_machine
from workbench.agent import Cassette, PlaybookChatModel, ScriptedModel, make_model
from workbench.agent.models.base import ToolCallingModel
from workbench.errors import ModelError


@pytest.fixture(scope="module", autouse=True)
def _on_this_machine():
    with on_this_machine():
        yield


@pytest.fixture(scope="module")
def playbook(skills):
    return PlaybookChatModel(skills=skills)


@pytest.fixture
def tape(tmp_path):
    return tmp_path / "tapes" / "one.jsonl"


class Renaming(ToolCallingModel):
    """A playbook's answers, under ids that no call ever had."""

    inner: PlaybookChatModel
    ids: count

    @property
    def _llm_type(self):
        return "renaming"

    def _reply(self, messages):
        said = self.inner.invoke(messages)
        calls = [{**call, "id": f"new-{next(self.ids)}"} for call in said.tool_calls]
        return AIMessage("", tool_calls=calls)


def test_a_conversation_is_replayed_without_a_model(shop, run, playbook, tape):
    told = run(shop, Cassette(path=tape, model=playbook))
    assert told.diagnosis == run(shop).diagnosis
    seen = run(shop, Cassette(path=tape))
    assert seen.diagnosis == told.diagnosis
    assert [step.title for step in seen.steps] == [step.title for step in told.steps]
    assert len(tape.read_text().splitlines()) == told.spent["model_calls"]


def test_a_conversation_with_a_provider_is_replayed_after_it_is_gone(
    shop, run, playbook, tape, skills
):
    with Loopback(playbook.invoke) as server:
        model = make_model("openai:anything", skills, base_url=f"{server.url}/v1", api_key="secret")
        told = run(shop, Cassette(path=tape, model=model))
    seen = run(shop, Cassette(path=tape))
    assert seen.diagnosis == told.diagnosis == run(shop).diagnosis
    assert seen.spent["tokens_in"] == told.spent["tokens_in"] > 0
    assert "secret" not in tape.read_text()


def test_what_is_on_the_tape_is_not_asked_again(shop, run, playbook, tape):
    run(shop, Cassette(path=tape, model=playbook))
    kept = tape.read_bytes()
    broken = ScriptedModel(replies=[])  # fails whatever it is asked
    assert run(shop, Cassette(path=tape, model=broken)).diagnosis == run(shop).diagnosis
    assert tape.read_bytes() == kept


def test_a_question_that_is_not_on_the_tape_is_one_line(shop, run, playbook, tape):
    run(shop, Cassette(path=tape, model=playbook))
    for path in (tape, tape.with_name("none.jsonl")):
        with pytest.raises(ModelError) as caught:
            Cassette(path=path).invoke("Why is\nit slow?")
        assert str(caught.value) == (
            f"{path}: this was not asked when the tape was recorded, or there is no tape; "
            r"1 messages, the last of 'human: Why is\nit slow?'"
        )
    with pytest.raises(ModelError, match="there is no tape"):
        run(shop, Cassette(path=tape.with_name("none.jsonl")))


def test_ids_that_are_made_up_anew_do_not_prevent_a_replay(shop, run, playbook, tape):
    first, second = (Renaming(inner=playbook, ids=count(start)) for start in (0, 1000))
    told = run(shop, Cassette(path=tape, model=first))
    assert run(shop, Cassette(path=tape)).diagnosis == told.diagnosis
    rows = tape.read_text().splitlines(keepends=True)
    tape.write_text("".join(rows[:1] + rows[2:]))  # the first call is made anew, all else is taped
    mended = run(shop, Cassette(path=tape, model=second))
    assert len(tape.read_text().splitlines()) == len(rows)
    assert mended.struck == ()
    told_claims, claims = (
        [item.claim for item in seen.diagnosis.evidence] for seen in (told, mended)
    )
    assert claims == told_claims
    cited = {item.call_id for item in mended.diagnosis.evidence}
    assert {"new-1001", "new-1000"} & cited
    assert run(shop, Cassette(path=tape)).diagnosis == mended.diagnosis


def conversation(call_id, args, reply="{}"):
    call = {"name": "get_change", "args": args, "id": call_id}
    return [SystemMessage("s"), HumanMessage("h"), AIMessage("", tool_calls=[call]),
            ToolMessage(reply, tool_call_id=call_id)]  # fmt: skip


def test_what_was_said_counts_and_its_ids_do_not(tape):
    answer = AIMessage("", tool_calls=[{"name": "a", "args": {"of": ["1", "x"]}, "id": "2"}])
    Cassette(path=tape, model=ScriptedModel(replies=[answer])).invoke(conversation("1", {"n": 1}))
    again = Cassette(path=tape).invoke(conversation("77", {"n": 1}))
    assert again.tool_calls[0]["args"] == {"of": ["77", "x"]}
    bad = {"name": "get_change", "args": "{", "id": "1", "error": None}
    others = [
        conversation("1", {"n": 2}),
        conversation("1", {"n": 1}, "[]"),
        conversation("1", {"n": 1})[1:],
        [*conversation("1", {"n": 1})[:2], AIMessage("", invalid_tool_calls=[bad]),
         ToolMessage("{}", tool_call_id="1")],
    ]  # fmt: skip
    for messages in others:
        with pytest.raises(ModelError, match="not asked"):
            Cassette(path=tape).invoke(messages)


def test_tools_on_offer_are_part_of_the_question(tape):
    def look(at: str) -> str:
        """Look."""
        return at

    model = Cassette(path=tape, model=ScriptedModel(replies=[AIMessage("a"), AIMessage("b")]))
    assert model.invoke("?").text == "a"
    assert model.bind_tools([look]).invoke("?").text == "b"
    silent = Cassette(path=tape)
    assert (silent.invoke("?").text, silent.bind_tools([look]).invoke("?").text) == ("a", "b")


@pytest.mark.parametrize("text", ["a\u2028b\x85c\nd\re\x0cf", "\udcff", "\U0001f600", "\x00"])
def test_any_text_is_kept_as_it_is(tape, text):
    answer = AIMessage(text, tool_calls=[{"name": "a", "args": {"x": text}, "id": "1"}])
    Cassette(path=tape, model=ScriptedModel(replies=[answer])).invoke(text)
    seen = Cassette(path=tape).invoke(text)
    assert (seen.content, seen.tool_calls) == (answer.content, answer.tool_calls)


GOOD = {"key": "k", "ids": [], "answer": {"type": "ai", "data": {"content": "a"}}}
DAMAGE = {
    "cut off": json.dumps(GOOD)[:-9].encode(),
    "not UTF-8": b'{"key": "\xff"}',
    "an empty line": b"",
    "a list": b"[1]",
    "no answer": b'{"key": "k"}',
    "a null answer": json.dumps(GOOD | {"answer": None}).encode(),
    "an answer of no shape": json.dumps(GOOD | {"answer": {"type": "ai"}}).encode(),
    "an answer of a wrong kind": json.dumps(
        GOOD | {"answer": {"type": "human", "data": {"content": "a"}}}
    ).encode(),
    "a number as ids": json.dumps(GOOD | {"ids": 3}).encode(),
    "a key of no shape": json.dumps(GOOD | {"key": [1]}).encode(),
}


@pytest.mark.parametrize("line", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_tape_names_file_and_line(tape, line):
    tape.parent.mkdir()
    tape.write_bytes(json.dumps(GOOD).encode() + b"\n" + line + b"\n")
    with pytest.raises(ModelError) as caught:
        Cassette(path=tape).invoke("?")
    said = str(caught.value)
    assert said.startswith(f"{tape} @ 2: expected key, ids and answer: ")
    assert "\n" not in said


def test_a_tape_that_cannot_be_written_is_one_line(tmp_path):
    model = ScriptedModel(replies=[AIMessage("a")])
    blocked = tmp_path / "file"
    blocked.write_text("")
    for path in (blocked / "tape", tmp_path):
        with pytest.raises(ModelError) as caught:
            Cassette(path=path, model=model).invoke("?")
        assert str(caught.value).startswith(f"{path}: cannot be written: ")
        assert "\n" not in str(caught.value)
