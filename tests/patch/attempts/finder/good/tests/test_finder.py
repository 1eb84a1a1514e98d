import logging

import pytest
from finder import Index, QueryError, stem, tokens


@pytest.fixture
def index() -> Index:
    index = Index()
    index.add("boats", "Boats are sailing on the river. The river is wide & <deep>.")
    index.add("bread", "Baking bread needs flour, water and salt.")
    index.add("mill", "The mill by the river grinds flour; its wheel turns slowly all day long.")
    return index


def test_words_lose_endings_and_those_that_say_nothing() -> None:
    assert list(tokens("The Sailing o'clock boats_2")) == [
        ("sail", 4),
        ("o'clock", 12),
        ("boat", 20),
        ("2", 26),
    ]
    assert [stem(word) for word in ("nations", "bed", "quickly", "flies")] == [
        "nation",
        "bed",
        "quick",
        "fli",
    ]


def test_the_best_documents_come_first(index: Index) -> None:
    hits = index.search("rivers")
    assert [hit.name for hit in hits] == ["boats", "mill"]
    assert hits[0].score == pytest.approx(0.305, abs=0.001)
    assert [hit.name for hit in index.search("river flour", limit=1)] == ["boats"]


def test_unwanted_words_leave_documents_out(index: Index) -> None:
    assert [hit.name for hit in index.search("river -boat")] == ["mill"]


def test_snippets_are_safe_and_cut_at_spaces(index: Index) -> None:
    assert index.search("deep")[0].snippet == "…on the river. The river is wide &amp; &lt;deep&gt;."
    assert index.search("grind")[0].snippet.endswith("its wheel turns slowly…")


def test_documents_are_replaced_and_removed(index: Index) -> None:
    index.add("boats", "Ships.")
    assert [hit.name for hit in index.search("river")] == ["mill"]
    index.remove("mill")
    assert index.search("river") == []
    assert len(index) == 2
    with pytest.raises(KeyError):
        index.remove("mill")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "says something"),
        ("the and", "says something"),
        ("-river", "says something"),
        (" ".join(f"w{number}" for number in range(33)), "at most 32"),
    ],
)
def test_queries_that_make_no_sense_are_refused(index: Index, query: str, reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        index.search(query)


def test_one_hit_is_the_least_to_ask_for(index: Index) -> None:
    with pytest.raises(QueryError, match="one hit"):
        index.search("river", limit=0)


def test_what_is_asked_and_missed_is_counted(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        index.search("river unicorn")
        index.search("unicorn")
    assert index.asked == {"river": 1, "unicorn": 2}
    assert index.missed == {"unicorn": 2}
    assert caplog.messages == ["nothing found for 'unicorn'"]
