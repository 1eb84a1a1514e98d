import math

from hypothesis import given
from hypothesis import strategies as st

from workbench.agent.relevance import TextIndex, words_of


def test_words_are_singular_lower_case_and_parts_of_names():
    assert set(words_of("The userCaches of HTTPServer_v2")) == {
        "user", "cache", "usercache", "http", "server", "httpserver", "v", "2",
    }  # fmt: skip


def test_a_rare_word_weighs_more_than_a_common_one():
    index = TextIndex.of(["cache cache", "cache parser", "cache"])
    assert index.weight("parser") > index.weight("cache") > 0
    scores = index.scores("cache parser")
    assert max(range(3), key=scores.__getitem__) == 1


def test_a_score_is_that_of_bm25():
    index = TextIndex.of(["alpha beta", "beta beta"])
    (first, second) = index.scores("alpha")
    weight = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    assert second == 0
    assert math.isclose(first, weight * 1 * 2.2 / (1 + 1.2))


def test_the_line_that_says_most_is_found():
    index = TextIndex.of(["one\ntwo cache\nthree"])
    assert index.best_line("cache", ["one", "two cache", "three"]) == 1
    assert index.best_line("nothing", ["one", "two"]) == 0
    assert index.best_line("x", []) == 0


@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=40))
def test_scores_are_there_for_every_text(texts, query):
    scores = TextIndex.of(texts).scores(query)
    assert len(scores) == len(texts)
    assert all(score >= 0 and math.isfinite(score) for score in scores)
    for text, score in zip(texts, scores, strict=True):
        assert bool(score) == bool({*words_of(query)} & {*words_of(text)})
