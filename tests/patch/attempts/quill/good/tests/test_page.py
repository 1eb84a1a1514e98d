import pytest
from quill import STATS, Options, QuillError, render, render_many


def test_a_note_becomes_a_page() -> None:
    page = render("# Plan *A*\n\nBuy **milk** & `eggs`.\n\n- one\n- two\n\n> said\n> so")
    assert page.html == (
        '<h1 id="plan-a">Plan <em>A</em></h1>\n'
        "<p>Buy <strong>milk</strong> &amp; <code>eggs</code>.</p>\n"
        "<ul><li>one</li><li>two</li></ul>\n"
        "<blockquote>said so</blockquote>"
    )
    assert page.toc == [(1, "plan-a", "Plan A")]
    assert page.words == 10


def test_headings_of_one_title_have_anchors_of_their_own() -> None:
    page = render("# A\n# A\n# B\n# A\n# !")
    assert [slug for _, slug, _ in page.toc] == ["a", "a-1", "b", "a-2", "section"]


def test_anchors_begin_anew_with_each_page() -> None:
    first, second = render_many(["# A", "# A"])
    assert first.toc == second.toc


def test_text_is_escaped() -> None:
    assert render('<b> "x" & y').html == "<p>&lt;b&gt; &quot;x&quot; &amp; y</p>"
    assert render("```\n<i>\n```").html == "<pre>&lt;i&gt;</pre>"


def test_links_lead_only_where_they_may() -> None:
    options = Options(base="/wiki/")
    assert render("[a](b)", options).html == '<p><a href="/wiki/b">a</a></p>'
    assert render("[a](https://x.test)").html == '<p><a href="https://x.test">a</a></p>'
    assert render("[a](javascript:x)").html == "<p>a</p>"
    assert render("[a](b)", Options(links=False)).html == "<p>a</p>"


def test_backslashes_and_lone_marks_stay() -> None:
    assert render(r"2 \* 3 * 4 [x] `").html == "<p>2 * 3 * 4 [x] `</p>"


def test_what_is_wrong_names_its_line() -> None:
    with pytest.raises(QuillError, match="line 3: this fence is not closed"):
        render("a\n\n```\nb")
    with pytest.raises(QuillError, match="at most 3 characters"):
        render("abcd", Options(max_chars=3))


def test_blocks_are_counted() -> None:
    before = STATS["paragraph"]
    render("a\n\nb")
    assert STATS["paragraph"] == before + 2
