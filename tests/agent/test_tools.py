import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import jsonschema
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.utils.function_calling import convert_to_openai_tool

from workbench.agent import Workspace, build_tools
from workbench.agent.tools import TOOLS
from workbench.agent.tools.brief import clip, json_bytes, moment, number, page, take
from workbench.agent.tools.toolset import MAX_REPLY_BYTES, reply_schema

NAMES = [
    "list_regressions", "query_profile", "diff_profile", "function_series", "callers",
    "top_endpoints", "list_experiments", "get_experiment", "config_history", "get_config_change",
    "search_code", "read_code", "find_symbol", "blame", "search_documents", "read_document",
    "list_changes", "get_change", "rank_changes", "capacity_cost", "similar_cases",
    "list_opportunities", "get_opportunity", "preview_edits", "propose_edit",
]  # fmt: skip
"""Every tool; a change here is a change for clients."""


BOUND: dict[int, dict] = {}


def use(investigation, name, /, **arguments):
    """Return a tool's reply as the model reads it."""
    if id(investigation) not in BOUND:
        BOUND[id(investigation)] = {tool.name: tool for tool in build_tools(investigation)}
    text = BOUND[id(investigation)][name].invoke(arguments)
    assert len(text.encode()) <= MAX_REPLY_BYTES
    return text


def read(investigation, name, /, **arguments):
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
    assert reply["function"]["z"] > 30
    whole = read(shop, "diff_profile", function="shop.app:main", **ask)
    callees = {row["function"]: row["after"] for row in whole["callees"]}
    assert sum(callees.values()) == pytest.approx(whole["function"]["after"])


def test_rank_changes_blames_the_change_that_carries_the_growth(shop, culprit):
    reply = read(shop, "rank_changes", regression_id=regression_id(shop))
    assert reply["n_candidates"] == 12
    first = reply["suspects"][0]
    assert culprit(shop).startswith(first["change_id"])
    assert first["functions"] == ["shop.app:total"]
    assert first["probability"] > 0.5
    shares = sum(suspect["probability"] for suspect in reply["suspects"])
    assert shares + reply["none_of_these"] == pytest.approx(1, abs=0.01)
    assert len(read(shop, "rank_changes", regression_id=regression_id(shop), limit=1)["suspects"])


def test_get_change_shows_the_diff(shop, culprit):
    reply = read(shop, "get_change", change_id=culprit(shop)[:7])
    assert reply["title"] == "Check each item"
    assert reply["author"] == "Ada Keller <ada@example.invalid>"
    assert reply["functions"] == ["shop.app:total"]
    assert "+    for i in range(99):\n" in reply["diff"]
    assert reply["next_diff_offset"] is None


def test_the_pages_of_a_diff_are_the_diff(make_shop):
    text = "".join(f"line {number} of many, each with some words\n" for number in range(500))
    investigation = make_shop(("Add a text", {"notes.txt": text}))
    commit = investigation.commits[-1].id
    pages, offset = [], 0
    while offset is not None:
        reply = read(investigation, "get_change", change_id=commit, diff_offset=offset)
        pages.append(reply["diff"])
        offset = reply["next_diff_offset"]
    assert len(pages) > 3
    assert "".join(pages) == investigation.diff(commit)


def test_get_change_knows_every_commit_that_blame_names(shop):
    lines = read(shop, "blame", path="shop/app.py")["lines"]
    for commit in {line["change_id"] for line in lines}:
        assert read(shop, "get_change", change_id=commit)["diff"]
    first = shop.repository.changes()[0]
    reply = read(shop, "get_change", change_id=first.id)
    assert (reply["title"], reply["window"], reply["deploys"]) == (first.title, None, [])


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
    before = read(shop, "search_code", pattern=pattern, revision="base")
    assert (before["lines"], before["more"]) == ([], False)
    assert read(shop, "search_code", pattern="^def ", limit=2)["more"]
    assert not read(shop, "search_code", pattern="^def ", limit=5)["more"]


EDIT = {
    "path": "shop/app.py", "before": "def total(", "after": "def sum_of(", "summary": "Rename",
}  # fmt: skip


BAD_CALLS = {
    "no such regression": ("diff_profile", {"regression_id": "R-none"}, "known: R-"),
    "nor to rank": ("rank_changes", {"regression_id": ""}, "no regression ''"),
    "nor to list by": ("list_changes", {"regression_id": "x" * 99999}, "no regression 'xxx"),
    "no such function": ("diff_profile", {"function": "app:totl"}, "no function 'app:totl'"),
    "a near miss": ("diff_profile", {"function": "x:total"}, "similar: ['shop.app:total']"),
    "a huge name": ("callers", {"function": "q" * 99999}, "no function"),
    "a name of bytes": ("callers", {"function": "\x00\x01" * 500}, "no function"),
    "no function": ("function_series", {"function": ""}, "no function ''"),
    "another metric": ("function_series", {"function": "total", "metric": "ms"}, "metric: Input"),
    "too many rows": ("diff_profile", {"limit": 21}, "limit: "),
    "no rows": ("rank_changes", {"limit": 0}, "limit: "),
    "words for numbers": ("rank_changes", {"limit": "many"}, "limit: "),
    "before the first row": ("list_regressions", {"offset": -1}, "offset: "),
    "no such argument": ("list_regressions", {"colour": "red"}, "colour: no such argument"),
    "a wrong time": ("query_profile", {"start": "soon"}, "a window or an ISO time, got 'soon'"),
    "no windows then": ("callers", {"function": "total", "start": "30"}, "windows 0 to 29"),
    "another time": ("config_history", {"end": "13 o'clock"}, "expected end as an ISO time"),
    "another kind": ("config_history", {"kind": "commit"}, "kind: Input should be"),
    "no such experiment": ("get_experiment", {"experiment_id": "EXP-9"}, "no experiment 'EXP-9'"),
    "no such setting": ("get_config_change", {"change_id": "FLG-9"}, "list_changes has the ids"),
    "nothing at all": ("get_change", {}, "change_id: Field required"),
    "a number": ("get_change", {"change_id": 7}, "change_id: "),
    "a short id": ("get_change", {"change_id": "main"}, "list_changes has the ids"),
    "an empty id": ("get_change", {"change_id": ""}, "no change with id ''"),
    "an unknown id": ("get_change", {"change_id": "0" * 40}, "list_changes has the ids"),
    "an option": ("get_change", {"change_id": "--output=x"}, "list_changes has the ids"),
    "a huge id": ("get_change", {"change_id": "é" * 99999}, "list_changes has the ids"),
    "a broken pattern": ("search_code", {"pattern": "["}, "regular expression, got '['"),
    "nothing there": ("search_code", {"pattern": "x", "path": "shop/ap"}, "no file or folder"),
    "a null character": ("search_code", {"pattern": "a\0b"}, "printable"),
    "half a character": ("search_code", {"pattern": "\ud800"}, "pattern: "),
    "two lines": ("search_code", {"pattern": "a\nb"}, "printable"),
    "a long pattern": ("search_code", {"pattern": "a" * 201}, "pattern: "),
    "no pattern": ("search_code", {"pattern": ""}, "pattern: "),
    "outside": ("search_code", {"pattern": "a", "path": "../.."}, "relative to the repository"),
    "no such revision": ("search_code", {"pattern": "a", "revision": "v9"}, "no revision 'v9': "),
    "no revision": ("read_code", {"path": "a", "revision": ""}, "expected head, base, a commit"),
    "an option for one": ("blame", {"path": "a", "revision": "-x"}, "no revision '-x'"),
    "a range": ("read_code", {"path": "a", "revision": "main~1..main"}, "no revision"),
    "a search": ("read_code", {"path": "a", "revision": ":/(a+)+b"}, "no revision"),
    "a huge revision": ("find_symbol", {"name": "a", "revision": "a" * 99999}, "no revision"),
    "up and out": ("read_code", {"path": "../../etc/passwd"}, "relative to the repository's top"),
    "in, up and out": ("blame", {"path": "shop/../../x"}, "relative to the repository's top"),
    "an absolute file": ("read_code", {"path": "/etc/hostname"}, "relative to the repository's"),
    "no such file": ("read_code", {"path": "shop/none.py"}, "no file 'shop/none.py'"),
    "a folder": ("blame", {"path": "shop"}, "no file 'shop'"),
    "an option for a file": ("blame", {"path": "--contents=/etc/passwd"}, "no file"),
    "line nought": ("read_code", {"path": "a", "start_line": 0}, "start_line: "),
    "too many lines": ("read_code", {"path": "a", "n_lines": 999}, "n_lines: "),
    "no such document": ("read_document", {"path": "../../etc/passwd"}, "no document"),
    "code for a document": ("read_document", {"path": "shop/app.py"}, "no document"),
    "before the start": ("read_document", {"path": "README.md", "offset": -1}, "offset: "),
    "an absolute document": ("read_document", {"path": "/etc/hostname"}, "no document"),
    "neither of two": ("capacity_cost", {}, "expected regression_id or function"),
    "servers unknown": ("capacity_cost", {"function": "total"}, "table services"),
    "an edit of nothing": ("propose_edit", EDIT | {"before": "no such text"}, "found it 0 times"),
    "an edit of two": ("propose_edit", EDIT | {"before": "e"}, "add lines around it"),
    "no edit": ("propose_edit", EDIT | {"after": EDIT["before"]}, "are the same text"),
    "an edit outside": ("propose_edit", EDIT | {"path": "../x"}, "relative to the repository"),
    "an edit of no file": ("propose_edit", EDIT | {"path": "shop/new.py"}, "no file"),
    "an edit with no title": ("propose_edit", EDIT | {"summary": ""}, "summary: "),
    "a huge edit": ("propose_edit", EDIT | {"after": "x" * 20_001}, "after: "),
    "no such opportunity": ("get_opportunity", {"opportunity_id": "f" * 12}, "no opportunity"),
    "like nothing": ("similar_cases", {}, "expected regression_id or text"),
}


@pytest.mark.parametrize(("name", "arguments", "complaint"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_a_wrong_call_is_one_short_message(shop, name, arguments, complaint):
    if name in {"diff_profile", "rank_changes"} and "colour" not in arguments:
        arguments = {"regression_id": regression_id(shop)} | arguments
    began = time.perf_counter()
    message = use(shop, name, **arguments)
    assert time.perf_counter() - began < 2
    assert complaint in message
    assert "Traceback" not in message
    assert len(message.encode()) < 700
    assert "\n" not in message


BARE = {
    "search_code": {"pattern": "a"},
    "read_code": {"path": "a"},
    "find_symbol": {"name": "a"},
    "blame": {"path": "a"},
    "propose_edit": EDIT,
    "list_opportunities": {},
    "get_opportunity": {"opportunity_id": "0"},
    "preview_edits": {"opportunity_id": "0"},
}


@pytest.mark.parametrize("name", BARE)
def test_without_a_repository_there_is_no_code_to_read(bare, name):
    assert "no code to read" in use(bare, name, **BARE[name])


def test_without_a_repository_no_change_is_known(bare):
    assert read(bare, "list_changes")["changes"] == []
    assert read(bare, "rank_changes", regression_id=regression_id(bare))["suspects"] == []
    assert "list_changes has the ids" in use(bare, "get_change", change_id="0" * 12)


def ordinary(investigation) -> dict[str, dict]:
    """Arguments with which each tool has something to say, and as much as it may."""
    found = regression_id(investigation)
    function = investigation.calls.subjects[1]
    path = next(f for f in investigation.repository.files("main") if f.endswith(".py"))
    document = investigation.library.documents[0].path
    change = investigation.commits[-1].id
    files = [f for f in investigation.repository.files("main") if f.endswith(".py")]
    code = ((f, investigation.repository.read(f, "main")) for f in files)
    edited, text = next((f, t) for f, t in code if t.count(t[:4000]) == 1)
    most = {"limit": 50}
    return {
        "list_regressions": most, "query_profile": most | {"metric": "total"},
        "diff_profile": {"regression_id": found, "function": function, "limit": 20},
        "function_series": {"function": function, "limit": 60},
        "callers": most | {"function": function, "direction": "callees"},
        "top_endpoints": most | {"regression_id": found},
        "list_experiments": most, "get_experiment": {"experiment_id": "EXP-1"},
        "config_history": most, "get_config_change": {"change_id": "FLG-2"},
        "search_code": most | {"pattern": "."}, "read_code": {"path": path, "n_lines": 200},
        "find_symbol": {"name": function.rpartition(":")[2], "limit": 30}, "blame": {"path": path, "n_lines": 60},
        "search_documents": most | {"query": "wanted total"}, "read_document": {"path": document},
        "list_changes": most | {"regression_id": found}, "get_change": {"change_id": change},
        "rank_changes": {"regression_id": found, "limit": 10},
        "capacity_cost": {"function": function}, "similar_cases": most | {"regression_id": found},
        "list_opportunities": most, "get_opportunity": {"opportunity_id": "0" * 12},
        "preview_edits": {"opportunity_id": "0" * 12},
        "propose_edit": {"path": edited, "before": text[:4000], "after": "gone", "summary": "Rewrite"},
    }  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS, ids=NAMES)
def test_every_reply_is_as_its_schema_says_and_small(shelf_shop, overgrown, tool):
    check = jsonschema.Draft202012Validator(reply_schema(tool))
    for investigation in (shelf_shop, overgrown):
        arguments = ordinary(investigation)[tool.__name__]
        reply = read(investigation, tool.__name__, **arguments)
        check.validate(reply)
        assert len(json.dumps(reply)) > 50


PAGED = {
    "list_regressions": ({}, "regressions", "regression_id"),
    "query_profile": ({"metric": "total"}, "functions", "function"),
    "callers": ({"function": "root", "direction": "callees"}, "rows", "function"),
    "top_endpoints": ({}, "endpoints", "endpoint"),
    "list_experiments": ({}, "experiments", "experiment_id"),
    "config_history": ({}, "changes", "change_id"),
    "list_changes": ({}, "changes", "change_id"),
    "search_documents": ({}, "documents", "path"),
    "similar_cases": ({"text": "slow leak"}, "cases", "case_id"),
    "list_opportunities": ({}, "opportunities", "opportunity_id"),
}


@pytest.mark.parametrize("name", PAGED)
@pytest.mark.parametrize("limit", [3, 50])
def test_pages_put_together_are_the_whole(overgrown, name, limit):
    arguments, field, key = PAGED[name]
    rows, offset, totals = [], 0, set()
    while offset is not None:
        page = read(overgrown, name, limit=limit, offset=offset, **arguments)
        assert len(page[field]) <= limit
        assert page["next_offset"] in (None, offset + len(page[field]))
        assert page[field] or page["next_offset"] is None
        rows += page[field]
        totals.add(page["total"])
        offset = page["next_offset"]
    assert totals == {len(rows)}
    assert len(rows) > 0
    shown = [row[key] for row in rows]
    if name not in ("query_profile", "top_endpoints", "callers", "search_documents"):  # cut
        assert len({*shown}) == len(shown)


@pytest.mark.parametrize("name", PAGED)
def test_beyond_the_end_is_an_empty_page(overgrown, name):
    arguments, field, _ = PAGED[name]
    page = read(overgrown, name, offset=10**9, **arguments)
    assert page[field] == []
    assert page["next_offset"] is None
    assert page["total"] > 0


def test_beyond_the_end_of_a_text_is_an_empty_page(shelf_shop):
    page = read(shelf_shop, "read_document", path="README.md", offset=10**9)
    assert (page["text"], page["total"], page["next_offset"]) == ("", 8, None)
    code = read(shelf_shop, "read_code", path="shop/app.py", start_line=10**6)
    assert (code["text"], code["next_offset"], code["total"]) == ("", None, 27)
    assert read(shelf_shop, "blame", path="shop/app.py", start_line=10**6)["lines"] == []


def test_a_file_is_read_by_pages(shelf_shop):
    lines, start = [], 1
    while start is not None:
        page = read(shelf_shop, "read_code", path="shop/app.py", start_line=start, n_lines=5)
        lines += page["text"].split("\n")
        start = page["next_offset"]
    whole = shelf_shop.repository.read("shop/app.py", "main")
    assert "\n".join(lines) + "\n" == whole
    text = read(shelf_shop, "read_code", path="shop/app.py", revision="v1")["text"]
    assert text + "\n" == shelf_shop.repository.read("shop/app.py", "v1")


def test_a_file_that_is_too_large_is_not_read(shelf_shop):
    for name in ("read_code", "blame"):
        said = use(shelf_shop, name, path="big.txt")
        assert "'big.txt' has 5,000,000 bytes" in said


def test_a_pattern_that_takes_for_ever_is_stopped(shelf_shop):
    began = time.perf_counter()
    said = use(shelf_shop, "search_code", pattern=r"(a*)*(a+)+\1\2\1[b-z]\2$")
    assert "took over 2 s: expected a simpler pattern" in said
    assert time.perf_counter() - began < 4


def test_a_path_is_no_pattern(shelf_shop):
    def found(path, pattern="found|return"):
        lines = read(shelf_shop, "search_code", pattern=pattern, path=path)["lines"]
        return {row["path"] for row in lines}

    assert found("odd[1]*.py") == {"odd[1]*.py"}
    for strange in ("*.py", "none"):
        said = use(shelf_shop, "search_code", pattern="found", path=strange)
        assert f"no file or folder '{strange}'" in said
    assert found("shop", "no such text") == found("./shop/app.py", "no such text") == set()
    assert found("shop") == found("shop/") == found("./shop/app.py") == {"shop/app.py"}


def test_blame_names_who_wrote_a_line(shelf_shop, culprit):
    page = read(shelf_shop, "blame", path="shop/app.py", start_line=9, n_lines=4)
    assert [row["text"] for row in page["lines"]][:2] == ["def total():", "    for i in range(99):"]
    writers = [row["change_id"] for row in page["lines"]]
    assert [culprit(shelf_shop).startswith(one) for one in writers] == [False, True, True, False]
    assert page["next_offset"] == 13
    assert read(shelf_shop, "get_change", change_id=writers[1])["title"] == "Check each item"


def test_find_symbol_tells_the_lines_of_a_function(shelf_shop):
    reply = read(shelf_shop, "find_symbol", name="shop.app:total")
    assert reply["definitions"] == [
        {"name": "total", "path": "shop/app.py", "start_line": 9, "end_line": 12,
         "language": "python"}
    ]  # fmt: skip
    assert reply["n_functions"] == 5
    assert read(shelf_shop, "find_symbol", name="total", revision="v1")["definitions"][0][
        "end_line"
    ] == 10  # fmt: skip
    assert read(shelf_shop, "find_symbol", name="zebra")["definitions"] == []


def test_the_pages_of_a_document_are_the_document(hostile):
    path = read(hostile, "search_documents")["documents"][0]["path"]
    text, offset = "", 0
    while offset is not None:
        page = read(hostile, "read_document", path=path, offset=offset)
        assert page["text"]
        text, offset = text + page["text"], page["next_offset"]
    whole = hostile.library.by_path[path].text if path in hostile.library.by_path else None
    assert whole is None or text == whole
    assert page["total"] == len(text)


def test_the_model_reads_a_description_of_everything(shop):
    for tool in build_tools(shop):
        schema = convert_to_openai_tool(tool)["function"]
        assert schema["name"] == tool.name
        assert 1 <= len(re.findall(r"[.](?=\s|$)", schema["description"])) <= 2
        assert "  " not in schema["description"]
        properties = schema["parameters"]["properties"]
        assert "investigation" not in properties
        assert all(field["description"] for field in properties.values())


def test_the_tools_change_nothing(shelf_shop, hostile):
    for investigation in (shelf_shop, hostile):
        folder = investigation.repository.folder
        before = snapshot(folder)
        for name, arguments in ordinary(investigation).items():
            use(investigation, name, **arguments)
        assert snapshot(folder) == before


def test_threads_share_what_is_computed_once(shelf):
    opened = Workspace(shelf["store"], shelf["repo"])
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: opened.investigation(), range(16))]
        assert len({*map(id, found)}) == 1
        (shop, *_) = found
        calls = [(n, a) for n, a in ordinary(shop).items()] * 3
        replies = [*pool.map(lambda call: use(shop, call[0], **call[1]), calls)]
        assert replies[: len(NAMES)] == replies[len(NAMES) : 2 * len(NAMES)]
        assert len({id(r) for r in pool.map(lambda _: shop.total_values, range(16))}) == 1


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


def test_what_is_no_text_is_empty():
    assert [clip(value) for value in (None, float("nan"), 3)] == ["", "", ""]


@given(st.lists(TEXTS, max_size=8), st.integers(0, 200))
def test_take_keeps_the_first_rows_that_fit(rows, limit):
    taken = take(rows, limit)
    assert taken == rows[: len(taken)]
    assert json_bytes(taken) <= max(limit, 2)


@given(st.lists(TEXTS, max_size=12), st.integers(0, 14), st.integers(1, 5), st.integers(1, 99))
def test_a_page_goes_on_until_the_end(items, offset, limit, limit_bytes):
    rows, next_offset = page(items, offset, limit, lambda item: item, limit_bytes)
    assert rows == items[offset : offset + len(rows)]
    assert len(rows) <= limit
    assert bool(rows) == (offset < len(items))
    end = offset + len(rows)
    assert next_offset == (end if end < len(items) else None)


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 1, 5, 3, 4, 5, 999, UTC), "2026-01-05T03:04:05Z"),
        (datetime(2026, 1, 5, 3, tzinfo=timezone(timedelta(hours=2))), "2026-01-05T01:00:00Z"),
        (pd.Timestamp("2026-01-05T03:00:00.123456789Z"), "2026-01-05T03:00:00Z"),
        (pd.NaT, None),
        (None, None),
    ],
)
def test_times_are_told_in_utc(at, shown):
    assert moment(at) == shown


def test_numbers_are_told_to_the_digits_that_count():
    assert [number(v) for v in (1234567.0, 0.000123456789, 0.0)] == [1234600.0, 0.00012346, 0.0]
    assert [number(v) for v in (None, float("inf"), float("nan"))] == [None] * 3


def test_an_edit_is_shown_and_not_made(shop):
    before = snapshot(shop.repository.folder)
    reply = read(shop, "propose_edit", **EDIT)
    assert {name: reply[name] for name in ("path", "summary")} == {
        "path": "shop/app.py", "summary": "Rename",
    }  # fmt: skip
    changed = [line for line in reply["diff"].splitlines() if line[0] in "+-"]
    assert changed[:2] == ["--- a/shop/app.py", "+++ b/shop/app.py"]
    assert [line[:12] for line in changed[2:]] == ["-def total()", "+def sum_of("]
    assert snapshot(shop.repository.folder) == before
