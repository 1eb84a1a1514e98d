import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.utils.function_calling import convert_to_openai_tool

from workbench.agent import build_tools
from workbench.agent.tools import TOOLS
from workbench.agent.tools.brief import clip, json_bytes, take
from workbench.agent.tools.toolset import MAX_REPLY_BYTES

NAMES = ["query_profile", "rank_changes", "get_change", "search_code", "read_document"]


def use(investigation, name, **arguments):
    """Return a tool's reply as the model reads it."""
    (tool,) = [tool for tool in build_tools(investigation) if tool.name == name]
    text = tool.invoke(arguments)
    assert len(text.encode()) <= MAX_REPLY_BYTES
    return text


def read(investigation, name, **arguments):
    return json.loads(use(investigation, name, **arguments))


def regression_id(investigation):
    return investigation.detection.found[0].id


def snapshot(folder: Path):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_toolset_is_these_tools(shop):
    assert [tool.name for tool in build_tools(shop)] == [tool.__name__ for tool in TOOLS] == NAMES


def test_diff_profile_shows_what_grew(shop):
    reply = read(shop, "diff_profile", regression_id=regression_id(shop), limit=2)
    assert reply["unit"] == "CPU ms per round of work"
    first, second = reply["own_time"]
    assert first["function"] == "shop.app:total"
    assert first["before"] == pytest.approx(200, rel=0.05)
    assert first["after"] == pytest.approx(800, rel=0.05)
    assert abs(second["after"] - second["before"]) < 20


def test_diff_profile_shows_callers_and_callees(shop):
    ask = {"regression_id": regression_id(shop)}
    reply = read(shop, "diff_profile", function="shop.app:total", **ask)
    assert [row["function"] for row in reply["callers"]] == ["shop.app:main"]
    assert reply["callees"] == []
    assert reply["own_time"] == [reply["function"]]
    whole = read(shop, "diff_profile", function="shop.app:main", **ask)
    callees = {row["function"]: row["after"] for row in whole["callees"]}
    assert sum(callees.values()) == pytest.approx(whole["function"]["after"])


def test_rank_changes_blames_the_change_that_carries_the_growth(shop, culprit):
    reply = read(shop, "rank_changes", regression_id=regression_id(shop))
    assert reply["n_candidates"] == 12
    first = reply["suspects"][0]
    assert culprit(shop).startswith(first["change_id"])
    assert first["functions"] == ["shop.app:total"]
    assert first["probability"] > 0.9
    shares = sum(suspect["probability"] for suspect in reply["suspects"])
    assert shares + reply["none_of_these"] == pytest.approx(1, abs=0.01)
    assert len(read(shop, "rank_changes", regression_id=regression_id(shop), limit=1)["suspects"])


def test_get_change_shows_the_diff(shop, culprit):
    reply = read(shop, "get_change", change_id=culprit(shop)[:7])
    assert reply["title"] == "Check each item"
    assert reply["author"] == "Ada Keller <ada@example.invalid>"
    assert reply["functions"] == ["shop.app:total"]
    assert "+    for i in range(99):\n" in reply["diff"]
    assert not reply["diff_truncated"]


def test_the_lines_of_a_message_are_not_those_of_a_diff(make_shop):
    message = "Tidy\n\n- drop the old cache\n+ use a set\ndiff --git a/x b/x\n--- a/x\n"
    investigation = make_shop((message, {"README.md": "Tidy.\n"}))
    diff = read(investigation, "get_change", change_id=investigation.commits[-1].id)["diff"]
    assert re.findall(r"^[-+].*", diff, re.MULTILINE) == [
        "--- a/README.md",
        "+++ b/README.md",
        "-A shop.",
        "+Tidy.",
    ]
    assert diff.count("\ndiff --git") == 1


def test_search_code_reads_the_revision_asked_for(shop):
    pattern = r"range\([0-9]+\)"
    assert read(shop, "search_code", pattern=pattern)["lines"][0]["path"] == "shop/app.py"
    assert read(shop, "search_code", pattern=pattern, revision="base") == {
        "lines": [],
        "more": False,
    }
    assert read(shop, "search_code", pattern="^def ", limit=2)["more"]
    assert not read(shop, "search_code", pattern="^def ", limit=5)["more"]


def test_read_document_lists_and_reads(shop):
    assert read(shop, "read_document")["documents"] == ["CHANGELOG.md", "README.md"]
    whole = {"path": "README.md", "text": "A shop.\n", "more": False}
    assert read(shop, "read_document", path="README.md") == whole
    assert read(shop, "read_document", path="README.md", offset=99)["text"] == ""


BAD_CALLS = {
    "no such regression": ("diff_profile", {"regression_id": "R-none"}, "known: R-"),
    "nor to rank": ("rank_changes", {"regression_id": ""}, "no regression ''"),
    "no such function": ("diff_profile", {"function": "app:totl"}, "no function 'app:totl'"),
    "a near miss": ("diff_profile", {"function": "x:total"}, "similar: ['shop.app:total']"),
    "a huge name": ("diff_profile", {"function": "q" * 99999}, "no function"),
    "too many rows": ("diff_profile", {"limit": 21}, "limit: "),
    "no rows": ("rank_changes", {"limit": 0}, "limit: "),
    "words for numbers": ("rank_changes", {"limit": "many"}, "limit: "),
    "nothing at all": ("get_change", {}, "change_id: Field required"),
    "a number": ("get_change", {"change_id": 7}, "change_id: "),
    "a short id": ("get_change", {"change_id": "main"}, "found 0 changes"),
    "an unknown id": ("get_change", {"change_id": "0" * 40}, "found 0 changes"),
    "an option": ("get_change", {"change_id": "--output=x"}, "found 0 changes"),
    "a huge id": ("get_change", {"change_id": "é" * 99999}, "found 0 changes"),
    "a broken pattern": ("search_code", {"pattern": "("}, "git grep"),
    "a null character": ("search_code", {"pattern": "a\0b"}, "printable"),
    "half a character": ("search_code", {"pattern": "\ud800"}, "pattern: "),
    "two lines": ("search_code", {"pattern": "a\nb"}, "printable"),
    "a long pattern": ("search_code", {"pattern": "a" * 201}, "pattern: "),
    "another revision": ("search_code", {"pattern": "a", "revision": "main"}, "head or base"),
    "outside": ("read_document", {"path": "../../etc/passwd"}, "no document"),
    "code": ("read_document", {"path": "shop/app.py"}, "no document"),
    "before the start": ("read_document", {"path": "README.md", "offset": -1}, "offset: "),
    "an absolute path": ("read_document", {"path": "/etc/hostname"}, "no document"),
}


@pytest.mark.parametrize(("name", "arguments", "complaint"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_a_wrong_call_is_one_short_message(shop, name, arguments, complaint):
    if name in {"diff_profile", "rank_changes"}:
        arguments = {"regression_id": regression_id(shop)} | arguments
    message = use(shop, name, **arguments)
    assert complaint in message
    assert "Traceback" not in message
    assert len(message.encode()) < 800
    assert "\n" not in message


@pytest.mark.parametrize("name", ["search_code", "read_document", "get_change", "rank_changes"])
def test_without_a_repository_there_is_nothing_to_read(bare, name):
    arguments = {
        "search_code": {"pattern": "a"},
        "read_document": {},
        "get_change": {"change_id": "0" * 12},
        "rank_changes": {"regression_id": regression_id(bare)},
    }
    reply = use(bare, name, **arguments[name])
    assert "no code to read" in reply or "found 0 changes" in reply or '"suspects": []' in reply


def test_replies_stay_small_whatever_is_in_the_repository(hostile):
    """`use` asserts the size; the toolset would refuse a reply that is too long."""
    ask = {"regression_id": regression_id(hostile)}
    suspects = read(hostile, "rank_changes", limit=10, **ask)["suspects"]
    assert len(suspects) >= 4
    whole = read(hostile, "diff_profile", limit=20, **ask)
    assert len(whole["own_time"]) >= 8
    for shown in (suspects[0]["functions"][0], whole["own_time"][0]["function"]):
        reply = read(hostile, "diff_profile", function=shown, limit=20, **ask)
        assert reply["function"]["function"] == shown
        assert reply["callers"]
    change = read(hostile, "get_change", change_id=suspects[0]["change_id"])
    assert change["diff_truncated"]
    assert len(change["diff"]) > 500
    lines = read(hostile, "search_code", pattern="wanted|def ", limit=30)
    assert lines["lines"]
    assert lines["more"]
    listed = read(hostile, "read_document")
    assert listed["documents"]
    assert listed["more"]


def test_the_pages_of_a_document_are_the_document(hostile):
    path = read(hostile, "read_document")["documents"][0]
    text, more = "", True
    while more:
        page = read(hostile, "read_document", path=path, offset=len(text))
        assert page["text"]
        text, more = text + page["text"], page["more"]
    whole = hostile.repository.read(path, "main")
    assert text == re.sub("[\ud800-\udfff]", "\ufffd", whole)


def test_the_model_reads_a_description_of_everything(shop):
    for tool in build_tools(shop):
        schema = convert_to_openai_tool(tool)["function"]
        assert schema["name"] == tool.name
        assert 1 <= len(re.findall(r"[.](?=\s|$)", schema["description"])) <= 2
        assert "  " not in schema["description"]
        properties = schema["parameters"]["properties"]
        assert "investigation" not in properties
        assert all(field["description"] for field in properties.values())


def test_the_tools_change_nothing(shop, hostile, culprit):
    for investigation in (shop, hostile):
        folder = investigation.repository.folder
        before = snapshot(folder)
        ask = {"regression_id": regression_id(investigation)}
        use(investigation, "diff_profile", **ask)
        use(investigation, "rank_changes", **ask)
        use(investigation, "get_change", change_id=investigation.commits[-1].id)
        use(investigation, "search_code", pattern="def")
        use(investigation, "read_document")
        assert snapshot(folder) == before


TEXTS = st.text(st.characters(exclude_categories=()), max_size=80)


@given(TEXTS, st.integers(0, 60))
def test_clip_keeps_as_much_of_the_beginning_as_fits(text, limit):
    shown = re.sub("[\ud800-\udfff]", "\ufffd", text)
    short = clip(text, limit)
    assert shown.startswith(short)
    assert json_bytes(short) - 2 <= limit
    if short != shown:
        assert json_bytes(shown[: len(short) + 1]) - 2 > limit
    assert clip(short, limit) == short


@given(st.lists(TEXTS, max_size=8), st.integers(0, 200))
def test_take_keeps_the_first_rows_that_fit(rows, limit):
    taken = take(rows, limit)
    assert taken == rows[: len(taken)]
    assert json_bytes(taken) <= max(limit, 2)
