import json

import pytest
from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
)

from workbench.agent import PlaybookChatModel, ScriptedModel, make_model
from workbench.errors import ModelError, SkillError


def said(message):
    return message.content, message.tool_calls


def test_the_playbook_model_says_the_same_from_any_prefix(shop, run, skills):
    messages = messages_from_dict(list(run(shop).messages))
    turns = [i for i, message in enumerate(messages) if isinstance(message, AIMessage)]
    assert len(turns) >= 4
    for i in reversed(turns):  # out of order, so that nothing can be carried along
        model = PlaybookChatModel(skills=skills)
        assert said(model.invoke(messages[:i])) == said(messages[i])
        assert said(model.invoke(messages[:i])) == said(messages[i])


def test_the_playbook_model_keeps_nothing_between_calls(skills, facts_of):
    model = PlaybookChatModel(skills=skills)
    before = model.model_dump_json(exclude={"skills"})
    opening = [SystemMessage("Skill in use: lost-cache\n"), HumanMessage(facts_of())]
    first = model.invoke(opening)
    reply = ToolMessage(json.dumps({"suspects": [], "n_candidates": 3}), tool_call_id="1")
    last = model.invoke([*opening, first, reply])
    assert last.tool_calls[0]["name"] == "ReportDiagnosis"
    assert last.tool_calls[0]["args"]["change_id"] == ""
    assert said(model.invoke(opening)) == said(first)
    assert model.model_dump_json(exclude={"skills"}) == before


def test_a_tool_error_reaches_the_playbook_as_text(skills, facts_of):
    model = PlaybookChatModel(skills=skills)
    opening = [SystemMessage("Skill in use: lost-cache\n"), HumanMessage(facts_of())]
    reply = ToolMessage("no regression 'R-1'", tool_call_id="call-1", status="error")
    (call,) = model.invoke([*opening, model.invoke(opening), reply]).tool_calls
    assert call["args"]["change_id"] == ""
    assert "no regression 'R-1'" in call["args"]["summary"]


def test_a_playbook_that_is_not_there_is_an_error(skills, facts_of):
    opening = [SystemMessage("Skill in use: no-such-skill\n"), HumanMessage(facts_of())]
    with pytest.raises(SkillError, match="'no-such-skill'; known: allocation-and-gc"):
        PlaybookChatModel(skills=skills).invoke(opening)


def test_the_scripted_model_says_each_message_anew():
    model = ScriptedModel(replies=[AIMessage("one"), AIMessage("two")])
    heard = [model.invoke("?") for _ in range(4)]
    assert [message.content for message in heard] == ["one", "two", "two", "two"]
    assert len({message.id for message in heard}) == 4


@pytest.mark.parametrize("name", ["nobody:nothing", "", "playbok", "anthropic:", "openai:some"])
def test_a_model_that_cannot_be_had_is_one_line(skills, name):
    with pytest.raises(ModelError, match=f"model '{name}'") as caught:
        make_model(name, skills)
    assert "\n" not in str(caught.value)


class Unreachable(ScriptedModel):
    def _reply(self, messages):
        raise ConnectionError("no route to host\nand much more besides")


def test_a_model_that_does_not_answer_is_one_line(run, shop):
    with pytest.raises(ModelError) as caught:
        run(shop, model=Unreachable(replies=[]))
    expected = "the model did not answer: ConnectionError: no route to host"
    assert str(caught.value) == expected
