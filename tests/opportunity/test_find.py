"""From a recording and code to opportunities: what is measured, what is told, what is left out."""

import math
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.ingest import read
from workbench.opportunity import find_opportunities
from workbench.store import Store, WindowProfile

APP = """\
import copy
import json


def main(rows, text):
    return work(rows), parse(rows, text), idle()


def work(rows):
    mine = copy.deepcopy(rows)
    return len(mine)


def parse(rows, text):
    total = 0
    for row in rows:
        total += json.loads(text)["n"] * row
    return total


def idle():
    return sum(range(100))
"""
HEAD = "main (app.py:6)"
COPY = f"{HEAD};work (app.py:10);deepcopy (copy.py:128)"
PARSE = f"{HEAD};parse (app.py:17);loads (json/__init__.py:346)"
IDLE = f"{HEAD};idle (app.py:22)"
EXCEPTION = {"exception_for_common"}
USUAL = {COPY: 300, PARSE: 100, f"{HEAD};work (app.py:11)": 50, IDLE: 550}


@pytest.fixture
def record(tmp_path):
    """Folded stacks with lines -> a recording by line, of so many windows, and its store."""

    def make(stacks, *, n_windows=4, by_line=True, records=None):
        store = Store.create(tmp_path / f"store{len(list(tmp_path.iterdir()))}")
        folded = "".join(f"{stack} {n}\n" for stack, n in stacks.items()).encode()
        profile = read(folded, format="folded")
        start = datetime(2026, 1, 1, tzinfo=UTC)
        store.add_all(
            WindowProfile(profile, "svc", "v1", start + timedelta(hours=i), 10.0, 5.0)
            for i in range(n_windows)
        )
        for table, rows in (records or {}).items():
            store.put(table, rows)
        return store.recording(by_line=by_line), store

    return make


def by_pattern(found):
    return {one.pattern: one for one in found}


def test_each_place_has_the_share_of_its_lines(record):
    recording, _ = record(USUAL)
    found = by_pattern(find_opportunities(recording, {"app.py": APP}.get))
    copies, parsing = found["deep_copy_only_read"], found["invariant_call"]
    assert (copies.function, copies.line, copies.file) == ("app:work", 10, "app.py")
    assert copies.share == pytest.approx(0.3)
    assert parsing.share == pytest.approx(0.1)
    assert copies.mitigation == "drop_copy"


def test_the_saving_lies_within_its_interval_and_below_the_share(record):
    recording, _ = record(USUAL)
    for one in find_opportunities(recording, {"app.py": APP}.get):
        assert 0 <= one.saving.low < one.saving.value < one.saving.high
        assert one.saving.value < one.share
        assert not one.watts.is_known


def test_fewer_samples_make_a_wider_interval(record):
    recording, _ = record(USUAL)
    few, _ = record({stack: n // 10 for stack, n in USUAL.items()}, n_windows=1)
    sure, unsure = (
        by_pattern(find_opportunities(r, {"app.py": APP}.get))["deep_copy_only_read"]
        for r in (recording, few)
    )
    assert unsure.saving.low < sure.saving.low
    assert unsure.share == pytest.approx(sure.share)


def test_windows_that_differ_make_a_wider_interval(tmp_path):
    def recorded(name, counts):
        store = Store.create(tmp_path / name)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        store.add_all(
            WindowProfile(
                read(f"{COPY} {n}\n{IDLE} {1000 - n}\n".encode(), format="folded"),
                "svc", "v1", start + timedelta(hours=i),
            )
            for i, n in enumerate(counts)
        )  # fmt: skip
        (found,) = find_opportunities(
            store.recording(by_line=True), {"app.py": APP}.get, patterns={"deep_copy_only_read"}
        )
        return found

    even, uneven = recorded("even", [300] * 8), recorded("uneven", [100, 500] * 4)
    assert even.share == pytest.approx(uneven.share)
    assert uneven.saving.low < even.saving.low


def test_a_place_without_samples_is_not_worth_reporting(record):
    recording, _ = record({PARSE: 100, f"{HEAD};work (app.py:11)": 50, IDLE: 550})
    assert "deep_copy_only_read" not in by_pattern(
        find_opportunities(recording, {"app.py": APP}.get)
    )


def test_time_of_others_on_a_line_is_not_counted(record):
    app = APP.replace("json.loads(text)", "json.loads(text + slow(row))")
    other = f"{HEAD};parse (app.py:17);slow (other.py:2)"
    recording, _ = record({PARSE: 100, other: 400, IDLE: 500})
    assert find_opportunities(recording, {"app.py": app}.get, patterns={"parsed_again"}) == []
    recording, _ = record({PARSE: 100, other: 400, IDLE: 500})
    (found,) = find_opportunities(recording, {"app.py": APP}.get, patterns={"parsed_again"})
    assert found.share == pytest.approx(0.1)


def test_an_exception_that_is_never_raised_is_not_worth_reporting(record):
    app = "def f(t, k):\n    try:\n        return t[k]\n    except KeyError:\n        return None\n"
    tried, caught = "f (app.py:3)", "f (app.py:4)"
    for stacks, expected in (
        ({tried: 99}, []),
        ({tried: 60, caught: 39}, ["exception_for_common"]),
    ):
        recording, _ = record(stacks | {"g (other.py:1)": 1, "g (other.py:2)": 1})
        found = find_opportunities(recording, {"app.py": app}.get)
        assert [one.pattern for one in found] == expected


RAISING = """\
class NotFound(Exception):
    pass


def find(users, key):
    user = users.get(key)
    if user is None:
        told = sorted(users)
        raise NotFound(told)
    return user


def f(users, key):
    try:
        return find(users, key)
    except NotFound:
        return None


def g(users, key):
    return find(users, key)
"""


@pytest.mark.parametrize(
    ("stacks", "is_found"),
    [
        ({"f (app.py:15);find (app.py:6)": 99}, False),
        ({"f (app.py:15);find (app.py:7)": 99}, False),
        ({"f (app.py:15);find (app.py:6)": 60, "f (app.py:15);find (app.py:8)": 30}, True),
        ({"f (app.py:15);find (app.py:6)": 60, "f (app.py:15);find (app.py:9)": 30}, True),
        ({"f (app.py:15);find (app.py:6)": 60, "f (app.py:16)": 30}, True),
        ({"f (app.py:15);find (app.py:6)": 60, "g (app.py:21);find (app.py:9)": 30}, False),
    ],
    ids=["found", "asked", "message", "raised", "caught", "raised for another"],
)
def test_an_exception_of_a_helper_is_common_where_the_helper_raises(record, stacks, is_found):
    recording, _ = record(stacks)
    found = find_opportunities(recording, {"app.py": RAISING}.get, patterns=EXCEPTION)
    assert [one.function for one in found] == (["app:f"] if is_found else [])
    assert all("raised by find" in one.evidence[0] for one in found)


def test_without_lines_the_frames_below_a_function_tell(record):
    bare = {
        ";".join(frame.partition(":")[0].removesuffix(")") + ")" for frame in stack.split(";")): n
        for stack, n in {COPY: 300, PARSE: 100, IDLE: 600}.items()
    }
    recording, _ = record(bare)
    found = by_pattern(find_opportunities(recording, {"app.py": APP}.get))
    assert found["deep_copy_only_read"].share == pytest.approx(0.3)
    assert found["invariant_call"].share == pytest.approx(0.1)


def test_code_of_others_and_tests_are_left_out(record):
    stacks = {
        "main (tests/test_app.py:6);work (tests/test_app.py:10);deepcopy (copy.py:1)": 50,
        "main (lib.py:6);work (lib.py:10);deepcopy (copy.py:1)": 50,
    }
    recording, _ = record(stacks)
    assert find_opportunities(recording, {"tests/test_app.py": APP}.get) == []


def test_records_tell_watts_owner_documents_and_precedents(record):
    recording, store = record(
        USUAL,
        records={
            "services": [{"service": "svc", "servers": 100, "watts": 300, "owner": "Ada"}],
            "documents": [
                {"id": "a", "service": "svc", "title": "How app.py copies", "text": "See app.py."},
                {"id": "b", "service": "svc", "title": "Lunch", "text": "At noon."},
            ],
            "past_cases": [
                {"id": "C1", "service": "svc", "category": "deep copy", "cause": "a copy"},
                {"id": "C2", "service": "svc", "category": "traffic", "cause": "an award"},
                {
                    "id": "C3",
                    "service": "svc",
                    "subject": "app:work",
                    "category": "x",
                    "cause": "y",
                },
            ],
        },
    )
    found = by_pattern(find_opportunities(recording, {"app.py": APP}.get, records=store.records()))
    copies = found["deep_copy_only_read"]
    assert copies.watts.value == pytest.approx(30_000 * copies.saving.value)
    assert copies.owner == "Ada"
    assert copies.documents == ("How app.py copies",)
    assert copies.precedents == ("C3", "C1")
    assert any("samples" in sentence for sentence in copies.evidence)
    assert any("held-out" in sentence for sentence in copies.validation)


def test_what_the_service_draws_may_be_told(record):
    recording, _ = record(USUAL)
    (found,) = find_opportunities(
        recording, {"app.py": APP}.get, service_watts=1000.0, patterns={"deep_copy_only_read"}
    )
    assert found.watts.value == pytest.approx(1000 * found.saving.value)


def test_the_most_promising_is_first(record):
    recording, _ = record(USUAL)
    scores = [one.score for one in find_opportunities(recording, {"app.py": APP}.get)]
    assert len(scores) > 1
    assert scores == sorted(scores, reverse=True)


def test_an_id_stays_where_lines_move(record):
    moved = "# a new first line\n" + APP
    recording, _ = record(USUAL)
    shifted = {}
    for stack, n in USUAL.items():
        for line in (22, 17, 11, 10, 6):
            stack = stack.replace(f"app.py:{line})", f"app.py:{line + 1})")
        shifted[stack] = n
    after, _ = record(shifted)
    ids = [
        {one.pattern: one.id for one in find_opportunities(r, {"app.py": text}.get)}
        for r, text in ((recording, APP), (after, moved))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0].values())) == len(ids[0])


def test_two_alike_in_one_function_have_ids_of_their_own(record):
    app = "import re\ndef f(a, b):\n    x = 1\n    re.sub('a+', '', a)\n    x = 2\n    re.sub('a+', '', a)\n"
    recording, _ = record({"f (app.py:4)": 50, "f (app.py:6)": 50})
    found = find_opportunities(recording, {"app.py": app}.get, patterns={"constant_pattern"})
    assert len({one.id for one in found}) == len(found) == 2


def test_one_place_that_several_rules_found_is_one_opportunity(record):
    app = "import json\ndef f(x, rows):\n    for row in rows:\n        print(row, json.loads(json.dumps(x)))\n"
    recording, _ = record({"f (app.py:4);loads (json/__init__.py:1)": 90, "f (app.py:3)": 10})
    (found,) = find_opportunities(recording, {"app.py": app}.get)
    assert {"round_trip", "parsed_again", "invariant_call"} & {found.pattern}
    assert any(sentence.startswith("also: ") for sentence in found.evidence)


def test_a_pattern_that_nobody_knows_is_an_error(record):
    recording, _ = record(USUAL)
    with pytest.raises(WorkbenchError, match="got \\['luck'\\]"):
        find_opportunities(recording, {"app.py": APP}.get, patterns={"luck", "round_trip"})


def test_windows_before_a_file_changed_say_nothing_of_it(record):
    recording, _ = record(USUAL)
    found = find_opportunities(recording, {"app.py": APP}.get, since={"app.py": 3})
    everything = find_opportunities(recording, {"app.py": APP}.get)
    assert [one.share for one in found] == pytest.approx([one.share for one in everything])
    assert "of 1,000 samples" in " ".join(found[0].evidence)
    assert "of 4,000 samples" in " ".join(everything[0].evidence)


def test_a_file_that_is_no_python_is_passed_over(record):
    recording, _ = record(USUAL)
    assert find_opportunities(recording, {"app.py": "def f(:\n"}.get) == []


def test_nothing_is_known_of_watts_without_servers(record):
    recording, store = record(USUAL)
    (found,) = find_opportunities(
        recording, {"app.py": APP}.get, records=store.records(), patterns={"deep_copy_only_read"}
    )
    assert math.isnan(found.watts.value)
    assert isinstance(store.records().services, pd.DataFrame)
