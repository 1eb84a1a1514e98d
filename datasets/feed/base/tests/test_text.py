import pytest
from feed.text.insights import read_insights
from feed.text.language import guess_language
from feed.text.mentions import find_entities
from feed.text.spam import is_spam
from feed.text.tokens import content_words, tokenize


def test_tokenize_gives_words_in_lower_case():
    assert tokenize("Hello, it's @ana1 in #Rome 2026!") == [
        "hello",
        "it's",
        "@ana1",
        "in",
        "#rome",
        "2026",
    ]


def test_content_words_leave_out_common_ones():
    assert content_words("The bread of the day") == ["bread", "day"]


def test_entities_come_in_order_with_their_places():
    text = "#one then @ana and a@b.example"
    found = [(entity.kind, entity.value) for entity in find_entities(text)]
    assert found == [("hashtag", "one"), ("mention", "ana")]
    assert all(text[e.start + 1 : e.end] == e.value for e in find_entities(text))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("this is the one that was", "en"),
        ("das ist nicht der", "de"),
        ("le chat est dans nous", "fr"),
        ("el gato y los perros", "es"),
        ("lorem ipsum", "und"),
    ],
)
def test_guess_language(text, language):
    assert guess_language(tokenize(text)) == language


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("A quiet walk by the river", False),
        ("FREE WIN NOW CLICK HERE TODAY", True),
        ("free tickets now http://x.biz", True),
        ("what?!!!!", False),
    ],
)
def test_is_spam(text, held):
    assert is_spam(text) is held


def test_insights_look_from_all_sides():
    insights = read_insights("this is the song of @ana1 that was #music")
    assert [entity.value for entity in insights.entities] == ["ana1", "music"]
    assert insights.language == "en"
    assert not insights.is_spam
