import logging

import pytest
from shapes import CHECKED, Problem, SchemaError, Validator

SCHEMA = {
    "type": "object",
    "required": ["id"],
    "others": False,
    "parts": {
        "id": {"type": "integer", "least": 1, "most": 9},
        "mail": {"type": "string", "format": "mail"},
        "lines": {"type": "array", "most_items": 3, "items": {"$ref": "#/defs/line"}},
        "tags": {"type": "array", "unique": True, "items": {"type": "string", "most_chars": 4}},
    },
    "defs": {
        "line": {"type": "object", "parts": {"sku": {"type": "string", "pattern": "^[a-z]+$"}}}
    },
}


def test_sound_data_has_no_problem() -> None:
    value = {"id": 3, "mail": "a@b.test", "lines": [{"sku": "ab"}], "tags": ["x", "y"]}
    assert Validator(SCHEMA).check(value) == []


def test_problems_say_where_they_are() -> None:
    value = {"lines": [{}, {"sku": "A1"}], "mail": "x", "tags": ["a", "a", "abcde", 1], "no": 0}
    assert Validator(SCHEMA).check(value) == [
        Problem("$", "id is missing"),
        Problem("$.lines[1].sku", "does not match ^[a-z]+$"),
        Problem("$.mail", "is no mail"),
        Problem("$.tags[2]", "has more than 4 characters"),
        Problem("$.tags[3]", "is no string"),
        Problem("$.tags[1]", "is there twice"),
        Problem("$.no", "is not known"),
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"id": 0}, "0 is less than 1"),
        ({"id": 10}, "10 is more than 9"),
        ({"id": True}, "is no integer"),
        ({"id": 1, "lines": [{}] * 4}, "has more than 3 items"),
        ([], "is no object"),
    ],
)
def test_limits(value: object, message: str) -> None:
    assert [problem.message for problem in Validator(SCHEMA).check(value)] == [message]


def test_own_rules_come_before_those_referred_to() -> None:
    schema = {
        "parts": {"a": {"$ref": "#/defs/n", "most": 5}},
        "defs": {"n": {"type": "number", "most": 9}},
    }
    assert Validator(schema).check({"a": 6}) == [Problem("$.a", "6 is more than 5")]


def test_only_so_many_problems_are_told() -> None:
    told: list[Problem] = []
    before = CHECKED["problems"]
    problems = Validator({"items": {"type": "null"}}, told.append, limit=2).check([1, 2, 3])
    assert told == problems
    assert len(problems) == 2
    assert CHECKED["problems"] == before + 2


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "thing"}, "thing: no such type"),
        ({"format": "thing"}, "thing: no such format"),
        ({"pattern": "("}, "missing"),
        ({"$ref": "#/defs/gone"}, "there is no 'defs'"),
        ({"$ref": "other.json"}, "only references into"),
        ({"$ref": "#"}, "leads nowhere"),
    ],
)
def test_schemas_that_make_no_sense_are_refused(schema: dict, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        Validator(schema).check("x")


def test_depth_has_an_end() -> None:
    schema = {
        "items": {"$ref": "#/defs/nest"},
        "defs": {"nest": {"items": {"$ref": "#/defs/nest"}}},
    }
    value: list = []
    for _ in range(60):
        value = [value]
    problems = Validator(schema).check(value)
    assert [problem.message for problem in problems] == ["deeper than 40 levels"]


def test_values_are_counted() -> None:
    before = CHECKED["null"]
    Validator({"items": {"type": "null"}}).check([None, None])
    assert CHECKED["null"] == before + 2


def test_each_value_may_be_followed_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Validator({"items": {"type": "null"}}).check([None])
    assert caplog.messages == ["$: a list", "$[0]: a NoneType", "found 0 problems"]
