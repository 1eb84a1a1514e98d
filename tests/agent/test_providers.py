"""The graph through the clients of real providers, over HTTP that does not leave this machine."""

import math
import time
from dataclasses import replace

import pytest
from langchain_core.messages import AIMessage

from tests.agent.loopback import (
    Fault,
    Loopback,
    asking_twice,
    chooses_skills,
    naming_all_calls,
    never_ending,
    on_this_machine,
    only_talking,
    stumbling,
)
from workbench.agent import Budget, PlaybookChatModel, make_model
from workbench.agent.models import with_own_ids
from workbench.agent.nodes.consult import MOST_REMINDERS
from workbench.errors import ModelError

PROVIDERS = {"openai:anything": "/v1", "anthropic:claude-anything": ""}


@pytest.fixture(scope="module", autouse=True)
def _on_this_machine():
    with on_this_machine():
        yield


@pytest.fixture(scope="module")
def playbook(skills):
    return PlaybookChatModel(skills=skills).invoke


@pytest.fixture(scope="module")
def expected(shop, skills):
    """What the default finds, in this process."""
    from workbench.agent import investigate

    regression = shop.detection.found[0]
    return investigate(shop, regression.id, make_model("playbook", skills), skills)


@pytest.fixture(params=PROVIDERS)
def ask(request, playbook, shop, run, skills):
    """How the far end answers, and its faults -> (trajectory, server) through a client of it."""

    def ask(answer=playbook, *faults, budget=None, timeout=20, max_retries=0):
        with Loopback(answer, faults) as server:
            model = make_model(
                request.param, skills, base_url=server.url + PROVIDERS[request.param], api_key="x",
                timeout=timeout, max_retries=max_retries,
            )  # fmt: skip
            ask.server = server
            trajectory = run(shop, model, budget=budget)
        assert server.refused == []
        return trajectory, server

    return ask


def test_a_model_behind_http_comes_to_the_same_diagnosis(ask, expected):
    seen, server = ask()
    assert seen.diagnosis == expected.diagnosis
    assert seen.struck == expected.struck
    assert [s.title for s in seen.steps] == [s.title for s in expected.steps]
    assert len(server.asked) == expected.spent["model_calls"]


def test_spent_tokens_are_those_that_the_server_reported(ask):
    seen, server = ask()
    told_in, told_out = map(sum, zip(*server.reported, strict=True))
    assert (seen.spent["tokens_in"], seen.spent["tokens_out"]) == (told_in, told_out)
    assert seen.spent["model_calls"] == len(server.reported)
    assert told_in > 1000
    assert told_out > 100


def broken(arguments):
    call = {"name": "get_change", "args": arguments, "id": "bad-1", "error": None}
    return AIMessage("", invalid_tool_calls=[call])


def call(name, call_id="bad-1", **arguments):
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": call_id}])


STUMBLES = {
    "not JSON": broken('{"change_id": '),
    "a list": broken("[1, 2]"),
    "a text": broken('"the last one"'),
    "a number": broken("7"),
    "a list after words": broken("[1, 2]").model_copy(update={"content": "Let me see."}),
    "of the wrong shape": call("get_change", change_id=["x"], colour="red"),
    "an unknown tool": call("no_such_tool", change_id="x"),
    "a name that no provider takes": call("functions.get_change", change_id="x"),
    "a report of the wrong shape": call("ReportDiagnosis", confidence="very"),
    "words": AIMessage("It is clear to me now."),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")  # of anthropic
@pytest.mark.parametrize("bad", STUMBLES.values(), ids=STUMBLES)
def test_a_model_that_stumbles_is_told_and_comes_to_the_same_diagnosis(
    ask, playbook, expected, bad
):
    seen, server = ask(stumbling(playbook, bad))
    assert seen.diagnosis == expected.diagnosis
    assert len(server.asked) == expected.spent["model_calls"] + 1


def test_two_calls_at_once_are_both_answered(ask, playbook, expected):
    seen, server = ask(asking_twice(playbook))
    assert seen.diagnosis == expected.diagnosis
    replied = [step.call_id for step in seen.steps if step.node == "tool"]
    assert len(replied) == 2 * (expected.spent["model_calls"] - 2)


@pytest.mark.parametrize("call_id", ["call_0", "triage-1", None])
def test_an_id_that_was_used_before_or_none_mixes_up_no_evidence(ask, playbook, expected, call_id):
    seen, server = ask(naming_all_calls(playbook, call_id))
    assert seen.struck == ()
    claims = [item.claim for item in seen.diagnosis.evidence]
    assert claims == [item.claim for item in expected.diagnosis.evidence]
    known = expected.diagnosis.evidence
    assert replace(seen.diagnosis, evidence=known) == expected.diagnosis
    replied = [step.call_id for step in seen.steps if step.node == "tool"]
    assert len(set(replied)) == len(replied)
    assert {item.call_id for item in seen.diagnosis.evidence} <= set(replied)


def test_calls_in_one_answer_get_ids_of_their_own_wherever_they_are_repeated():
    asked = [call("rank_changes", call_id).tool_calls[0] for call_id in ("a", "a", "b", "")]
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        *({"type": "tool_use", "id": c["id"], "name": c["name"], "input": {}} for c in asked),
    ]
    bad = [{"name": "get.change", "args": "{", "id": "a", "error": None}]
    said = AIMessage(blocks, tool_calls=asked, invalid_tool_calls=bad, id="m", name="far")
    told = with_own_ids(said, {"b", "b-2"})
    ids = ["a", "a-2", "b-3", "call"]
    assert [c["id"] for c in told.tool_calls] == ids
    assert [block.get("id") for block in told.content] == [None, *ids]
    assert [(c["id"], c["name"]) for c in told.invalid_tool_calls] == [("a-3", "get_change")]
    assert (told.id, told.name, told.content[0]) == ("m", "far", blocks[0])
    assert with_own_ids(told, set()) == told


@pytest.mark.parametrize("fault", [Fault(429, retry_after="0.01"), Fault(500)], ids=str)
def test_a_server_that_fails_once_is_asked_again(ask, playbook, expected, fault):
    seen, server = ask(playbook, fault, max_retries=1)
    assert seen.diagnosis == expected.diagnosis
    assert len(server.asked) == len(server.reported) + 1


def test_a_server_that_hangs_once_is_asked_again(ask, playbook, expected):
    seen, server = ask(playbook, Fault(0), max_retries=1, timeout=1)
    assert seen.diagnosis == expected.diagnosis


LASTING = {
    "over quota": (Fault(429, math.inf, "0.01"), "429"),
    "a hang": (Fault(0, math.inf), "[Tt]imed out"),
    "not allowed": (Fault(401, math.inf), "401"),
}


@pytest.mark.parametrize(("fault", "said"), LASTING.values(), ids=LASTING)
def test_a_server_that_never_answers_ends_in_one_line(ask, playbook, fault, said):
    with pytest.raises(ModelError, match=f"^the model did not answer: .*{said}") as caught:
        ask(playbook, fault, max_retries=1, timeout=5 if fault.status else 0.2)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert len(ask.server.asked) == (1 if said == "401" else 2)


def test_nobody_listening_ends_in_one_line(shop, run, skills):
    with Loopback(AIMessage) as server:
        closed = server.url
    for name in PROVIDERS:
        model = make_model(name, skills, base_url=closed, api_key="x", timeout=1, max_retries=0)
        with pytest.raises(ModelError, match="refused") as caught:
            run(shop, model)
        assert "\n" not in str(caught.value)


def test_without_a_key_nothing_is_sent(playbook, shop, run, skills):
    with Loopback(playbook) as server:
        for name, path in PROVIDERS.items():
            with pytest.raises(ModelError, match="api_key|header value") as caught:
                run(shop, make_model(name, skills, base_url=server.url + path, max_retries=0))
            assert "\n" not in str(caught.value)
    assert server.asked == []


def test_an_error_does_not_tell_the_key(shop, run, skills):
    with Loopback(AIMessage) as server:
        for name, path in PROVIDERS.items():
            model = make_model(
                name, skills, base_url=server.url + path, api_key="sk-secret\n", max_retries=0
            )
            with pytest.raises(ModelError, match="^the model did not answer: ") as caught:
                run(shop, model)
            assert "secret" not in str(caught.value)


WRONG = {
    "anthropic:": ({}, "expected provider:model"),
    "openai:": ({}, "expected provider:model"),
    "openai:some": ({"max_retries": -1}, "max_retries must be "),
    "anthropic:some": ({"timeout": "soon"}, "timeout: Input should be a valid number"),
}


@pytest.mark.parametrize(("name", "wrong"), WRONG.items(), ids=WRONG)
def test_a_model_that_cannot_be_made_says_what_is_wrong(skills, name, wrong):
    settings, said = wrong
    with pytest.raises(ModelError, match=f"^model '{name}': .*{said}") as caught:
        make_model(name, skills, api_key="sk-secret", **settings)
    assert "secret" not in str(caught.value)


PRICE = (1.0, 5.0)
BUDGETS = {
    "model calls": Budget(model_calls=5),
    "seconds": Budget(seconds=0.4),
    "tokens": Budget(tokens=20_000),
    "dollars": Budget(dollars=0.02, price=PRICE),
}


@pytest.mark.parametrize("budget", BUDGETS.values(), ids=BUDGETS)
def test_a_model_that_never_ends_is_stopped_with_the_best_answer_so_far(
    ask, playbook, budget, culprit, shop
):
    seen, server = ask(never_ending(playbook, 0.1), budget=budget)
    assert budget.exhausted(seen.spent)
    assert 2 <= len(server.asked) < 24
    if budget.seconds is None:
        before = {
            "model_calls": len(server.reported) - 1,
            "tokens_in": sum(usage.tokens_in for usage in server.reported[:-1]),
            "tokens_out": sum(usage.tokens_out for usage in server.reported[:-1]),
        }
        assert not budget.exhausted(before)  # it was asked no more than it had to be
    diagnosis = seen.diagnosis
    assert diagnosis.change_id == culprit(shop)
    assert seen.struck == ()
    assert [item.call_id for item in diagnosis.evidence] == ["triage-2"]
    assert diagnosis.summary.startswith("By the ranking alone")


def test_a_server_that_hangs_is_left_when_the_time_is_up(ask, playbook):
    began = time.monotonic()
    seen, server = ask(playbook, Fault(0, math.inf), budget=Budget(seconds=1.5))
    assert time.monotonic() - began < 10
    assert len(server.asked) == 1
    assert seen.diagnosis.summary.endswith("The budget of 1.5 seconds is spent.")
    assert [item.call_id for item in seen.diagnosis.evidence] == ["triage-2"]


def test_a_server_that_counts_no_tokens_is_held_to_a_budget_of_them(playbook, shop, run, skills):
    with Loopback(never_ending(playbook), counts=False) as server:
        model = make_model("openai:anything", skills, base_url=f"{server.url}/v1", api_key="x")
        seen = run(shop, model, budget=Budget(tokens=40_000))
    counted = sum(usage.tokens_in + usage.tokens_out for usage in server.reported)
    assert seen.diagnosis.summary.endswith("The budget of 40,000 tokens is spent.")
    asked = server.reported[-1].tokens_in  # the last one may go over
    assert 30_000 < counted < 40_000 + 2 * asked


def test_a_model_that_only_talks_is_reminded_and_then_left(ask, playbook, culprit, shop):
    seen, server = ask(only_talking(playbook))
    assert len(server.asked) == 2 + MOST_REMINDERS
    assert seen.diagnosis.change_id == culprit(shop)
    assert seen.diagnosis.summary.endswith("The model ended without a report.")
    assert [item.call_id for item in seen.diagnosis.evidence] == ["triage-2"]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
def test_a_model_whose_calls_never_can_be_read_is_left_too(ask, playbook, culprit, shop):
    def reply(messages):
        return playbook(messages) if chooses_skills(messages) else broken("[1, 2]")

    seen, server = ask(reply)
    assert len(server.asked) == 2 + MOST_REMINDERS
    assert seen.diagnosis.change_id == culprit(shop)


def test_what_could_not_be_read_is_told_to_the_model(playbook, shop, run, skills):
    with Loopback(stumbling(playbook, broken("[1, 2]"))) as server:
        model = make_model("openai:anything", skills, base_url=f"{server.url}/v1", api_key="x")
        run(shop, model)
    told = [m["content"] for m in server.asked[-1]["messages"] if m["role"] == "assistant"]
    assert [words for words in told if words] == [
        "[not understood: [1, 2] as tool_calls.0.args: Input should be a valid dictionary]"
    ]
