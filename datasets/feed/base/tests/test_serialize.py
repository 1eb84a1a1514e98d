import json

import pytest
from feed.graphql.results import ObjectResult
from feed.serialize.encode import encode_object
from feed.serialize.fields import ENCODERS, write_count, write_time
from feed.serialize.links import base36, media_link, sign_path
from feed.serialize.schema import KINDS, MANY, ONE


def test_every_kind_has_its_encoder():
    kinds = {kind for fields in KINDS.values() for kind in fields.values()}
    assert kinds - {ONE, MANY} <= set(ENCODERS)


def test_objects_are_encoded_with_what_they_hold():
    author = ObjectResult("User", {"name": "name"}, {"name": "Ana  Bo"})
    entity = ObjectResult("Entity", {"value": "value"}, {"value": "ana"})
    names = {"key": "id", "author": "author", "entities": "entities", "topic": "topic"}
    values = {"key": 7, "author": author, "entities": [entity, entity], "topic": None}
    assert json.loads(encode_object(ObjectResult("Post", names, values))) == {
        "key": 7,
        "author": {"name": "Ana Bo"},
        "entities": [{"value": "ana"}, {"value": "ana"}],
        "topic": None,
    }


def test_aliases_are_written_after_their_field():
    result = ObjectResult("Post", {"at": "createdAt"}, {"at": 0})
    assert json.loads(encode_object(result)) == {"at": "1970-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0"), (999, "999"), (1_250, "1.2k"), (15_900, "15k"), (2_100_000, "2.1m")]
)
def test_write_count(n, text):
    assert write_count(n) == text


def test_write_time_is_in_utc():
    assert write_time(1_772_400_000) == "2026-03-01T21:20:00Z"


@pytest.mark.parametrize(("n", "text"), [(0, "0"), (35, "z"), (36, "10"), (2_000_001, "16v7l")])
def test_base36(n, text):
    assert base36(n) == text
    assert int(text, 36) == n


def test_links_are_signed():
    assert sign_path("/a") != sign_path("/b")
    assert media_link((36, 1)).startswith("https://static.feed.example/media/10/1.webp?s=")
