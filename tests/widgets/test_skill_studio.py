import threading

import pandas as pd
import pytest

from workbench.errors import SkillError, WorkbenchError
from workbench.widgets import Cancelled, SkillStudio

WAIT_S = 10
FILES = {"SKILL.md": "# Look\n\nLook once.\n", "scripts/playbook.py": "seen = 1\n"}


def make(**given):
    """A studio that finds nothing wrong, unless told otherwise."""
    kept = {"validate": lambda files: [], "save": lambda files, name: f"skills/{name}"}
    return SkillStudio(FILES, **{"name": "look", "cases": ["a", "b", "c"], **kept, **given})


def heard(studio, **message):
    """Send what a click sends; return what is answered."""
    said = []
    studio.send = lambda content, buffers=None: said.append(content)
    studio._handle_custom_msg(message, [])
    if studio.task is not None:
        studio.task._ended.wait(WAIT_S)
    return said[0]["problem"]


def test_the_original_stays_beside_what_is_edited():
    studio = make()
    assert (studio.changed, studio.diff()) == ([], "")
    studio.edit("SKILL.md", "# Look\n\nLook twice.\n")
    studio.edit("references/more.md", "More.\n")
    assert studio.changed == ["SKILL.md", "references/more.md"]
    assert studio.original == FILES
    assert "-Look once.\n+Look twice.\n" in studio.diff()
    assert "+++ b/references/more.md\n@@ -0,0 +1 @@\n+More.\n" in studio.diff()


def test_what_is_handed_out_as_the_original_is_a_copy():
    studio = make()
    studio.original["SKILL.md"] = "other"
    assert studio.original == FILES


def test_a_file_is_taken_back():
    studio = make()
    studio.files = {"SKILL.md": "other", "new.md": "new"}
    assert studio.changed == ["SKILL.md", "scripts/playbook.py", "new.md"]
    studio.revert("new.md")
    studio.revert("scripts/playbook.py")
    assert studio.changed == ["SKILL.md"]
    studio.revert()
    assert studio.files == FILES
    with pytest.raises(SkillError, match="no file 'nothing'"):
        studio.revert("nothing")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "expected paths with texts"),
        ({"SKILL.md": 3}, "got int at 'SKILL.md'"),
        ({3: "x"}, "got 3"),
        ({"../SKILL.md": "x"}, "within the skill's folder"),
        ({"/etc/x": "x"}, "within the skill's folder"),
        ({"a//b": "x"}, "within the skill's folder"),
        ({"a/": "x"}, "within the skill's folder"),
        ({".": "x"}, "within the skill's folder"),
        ({"": "x"}, "within the skill's folder"),
        ({"c:x": "x"}, "plain names"),
        ({"a\\..\\b": "x"}, "plain names"),
    ],
)
def test_what_are_no_files_of_a_folder_is_refused(files, words):
    with pytest.raises(SkillError, match=words):
        SkillStudio(files)
    studio = make()
    with pytest.raises(SkillError, match=words):
        studio.files = files
    assert studio.files == FILES


def test_a_text_is_no_files():
    with pytest.raises(SkillError, match="got str"):
        SkillStudio("text")


def test_a_path_that_there_is_not_cannot_be_opened():
    studio = make()
    assert studio.path == "SKILL.md"
    studio.path = "scripts/playbook.py"
    with pytest.raises(SkillError, match="no file 'x'"):
        studio.path = "x"
    assert studio.path == "scripts/playbook.py"


def test_faults_have_a_place_where_one_is_told():
    given = ["amiss", {"path": "SKILL.md", "line": 3, "message": "too long"}]
    studio = make(validate=lambda files: given)
    assert studio.check().wait(WAIT_S) == studio.faults
    assert studio.faults == [
        {"path": "", "line": 0, "message": "amiss"},
        {"path": "SKILL.md", "line": 3, "message": "too long"},
    ]
    assert studio._check["state"] == "faulty"


def test_a_check_sees_the_edited_files_and_runs_only_when_asked():
    seen = []
    studio = make(validate=lambda files: seen.append(files["SKILL.md"]) or [])
    studio.edit("SKILL.md", "one")
    assert seen == []
    studio.check().wait(WAIT_S)
    assert seen == ["one"]
    assert studio._check == {"state": "fine", "faults": [], "is_stale": False}


def test_what_was_found_is_told_to_be_of_earlier_text_after_an_edit():
    studio = make(try_on=lambda files, names, task: [{"case": "a", "verdict": "right"}])
    studio.check().wait(WAIT_S)
    studio.try_cases(["a"]).wait(WAIT_S)
    assert not studio._check["is_stale"]
    assert not studio._results["is_stale"]
    studio.edit("SKILL.md", "other")
    assert studio._check["is_stale"]
    assert studio._results["is_stale"]


def test_results_of_text_that_was_edited_meanwhile_are_told_to_be_stale():
    went_on, began = threading.Event(), threading.Event()

    def try_on(files, names, task):
        began.set()
        went_on.wait(WAIT_S)
        return [{"case": "a", "verdict": "right"}]

    studio = make(try_on=try_on)
    task = studio.try_cases(["a"])
    assert began.wait(WAIT_S)
    studio.edit("SKILL.md", "other")
    went_on.set()
    task.wait(WAIT_S)
    assert studio._results["is_stale"]


def test_cases_are_tried_with_the_edited_files():
    def try_on(files, names, task):
        task.tell("at it", 0.5)
        return [
            {"case": name, "before": "wrong", "verdict": "right", "cause": files["SKILL.md"],
             "confidence": 0.75, "steps_before": 3}
            for name in names
        ]  # fmt: skip

    studio = make(try_on=try_on)
    studio.edit("SKILL.md", "B-7")
    studio.selected_cases = ["b", "a"]
    results = studio.try_cases().wait(WAIT_S)
    assert results is studio.results
    assert results["case"].tolist() == ["b", "a"]
    row = results.iloc[0]
    assert (row["verdict_before"], row["verdict_after"]) == ("wrong", "right")
    assert (row["cause_before"], row["cause_after"]) == ("", "B-7")
    assert (row["confidence_after"], row["steps_before"]) == (0.75, 3.0)
    assert pd.isna(row["confidence_before"])
    told = studio._results["rows"][0]
    assert told["before"]["steps"] == 3.0
    assert told["after"] == {
        "verdict": "right", "cause": "B-7", "skill": "", "confidence": 0.75,
        "seconds": None, "steps": None,
    }  # fmt: skip


def test_a_table_of_results_does_as_well():
    frame = pd.DataFrame({"case": ["a"], "verdict_after": ["abstained"], "note": [None]})
    studio = make(try_on=lambda files, names, task: frame)
    assert studio.try_cases(["a"]).wait(WAIT_S).loc[0, "note"] == ""
    assert studio._results["rows"][0]["before"] is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("text", r"results\[0\]: expected a mapping with a `case`"),
        ({"verdict": "right"}, "expected a mapping with a `case`"),
        ({"case": "a", "confidence": 2}, r"confidence_after: expected a number from 0 to 1, got 2"),
        ({"case": "a", "steps_before": "many"}, r"steps_before: expected a number, got 'many'"),
    ],
)
def test_what_are_no_results_is_refused_and_said(row, words):
    studio = make(try_on=lambda files, names, task: [row])
    with pytest.raises(SkillError, match=words):
        studio.try_cases(["a"]).wait(WAIT_S)
    assert studio.results.empty
    assert studio._task["state"] == "failed"


def test_nothing_is_tried_of_a_faulty_variant():
    tried = []
    studio = make(validate=lambda files: ["no body"], try_on=lambda *given: tried.append(given))
    with pytest.raises(SkillError, match="has 1 fault to put right: no body"):
        studio.try_cases(["a"]).wait(WAIT_S)
    assert tried == []
    assert studio.faults[0]["message"] == "no body"


def test_trying_can_be_cancelled():
    began = threading.Event()

    def try_on(files, names, task):
        while True:
            task.tell("at it")
            began.set()

    studio = make(try_on=try_on)
    task = studio.try_cases(["a"])
    assert began.wait(WAIT_S)
    with pytest.raises(WorkbenchError, match="has to wait: Trying"):
        studio.check()
    studio.cancel()
    with pytest.raises(Cancelled):
        task.wait(WAIT_S)
    assert studio.results.empty


def test_cases_that_there_are_not_are_refused():
    studio = make(try_on=lambda *given: [])
    with pytest.raises(SkillError, match="no case 'z'; there are 3"):
        studio.selected_cases = ["a", "z"]
    with pytest.raises(SkillError, match="got none of 3"):
        studio.try_cases()
    with pytest.raises(SkillError, match="no case 'z'"):
        studio.try_cases(["z"])


def test_a_variant_is_kept_under_its_name():
    kept = []
    studio = make(save=lambda files, name: kept.append((files["SKILL.md"], name)) or "there")
    studio.edit("SKILL.md", "other")
    assert studio.save_as("look-2").wait(WAIT_S) == "there"
    assert kept == [("other", "look-2")]
    assert (studio.saved, studio.variants) == ("there", ["look-2"])
    with pytest.raises(SkillError, match="look-2 is there already"):
        studio.save_as("look-2")
    studio.save_as("look-2", replace=True).wait(WAIT_S)
    assert len(kept) == 2


def test_a_name_is_never_replaced_where_that_is_ruled_out():
    studio = make(variants=["look-2"], replaces=False)
    studio.edit("SKILL.md", "other")
    with pytest.raises(SkillError, match="there already"):
        studio.save_as("look-2", replace=True)


@pytest.mark.parametrize("name", ["", "Look", "a b", "a--b", "-a", "../a", "a/b", "a" * 65, "ä"])
def test_a_name_that_is_none_is_refused(name):
    studio = make()
    studio.edit("SKILL.md", "other")
    with pytest.raises(SkillError, match="name: expected lowercase letters"):
        studio.save_as(name)


def test_what_equals_the_original_is_not_kept():
    with pytest.raises(SkillError, match="equals the original"):
        make().save_as("look-2")


def test_a_faulty_variant_is_not_kept():
    studio = make(validate=lambda files: ["no body", "no head"])
    studio.edit("SKILL.md", "other")
    with pytest.raises(SkillError, match="2 faults"):
        studio.save_as("look-2").wait(WAIT_S)
    assert (studio.saved, studio.variants) == ("", [])


def test_what_was_not_given_cannot_be_asked_for():
    studio = SkillStudio(FILES, cases=["a"])
    studio.edit("SKILL.md", "other")
    for act in (studio.check, lambda: studio.try_cases(["a"]), lambda: studio.save_as("x")):
        with pytest.raises(SkillError, match="was given"):
            act()


def test_a_click_acts_on_the_text_that_was_on_the_screen():
    seen = []
    studio = make(try_on=lambda files, names, task: seen.append((files["SKILL.md"], names)) or [])
    edited = {**FILES, "SKILL.md": "typed just now"}
    assert heard(studio, kind="try", files=edited, cases=["c"]) == ""
    assert seen == [("typed just now", ["c"])]
    assert studio.selected_cases == ["c"]
    assert heard(studio, kind="save", files=edited, name="look-2", replace=False) == ""
    assert studio.saved == "skills/look-2"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"kind": "try", "cases": []}, "expected cases"),
        ({"kind": "try", "cases": ["z"]}, "no case 'z'"),
        ({"kind": "save", "name": "No"}, "lowercase"),
        ({"kind": "check", "files": {"../x": "y"}}, "within the skill's folder"),
    ],
)
def test_a_click_that_cannot_be_is_told_why(message, words):
    assert words in heard(make(try_on=lambda *given: []), **message)


def test_the_still_has_the_diff_and_the_results_and_no_markup_of_others():
    row = {"case": "<b>a</b>", "verdict_before": "wrong", "verdict_after": "right", "cause": "B-7"}
    studio = make(name="<i>look", try_on=lambda files, names, task: [row])
    assert "equals the original" in studio.still()["text/html"]
    studio.edit("SKILL.md", "<script>alert(1)</script>")
    studio.try_cases(["a"]).wait(WAIT_S)
    shown = studio.still()["text/html"]
    assert "+&lt;script&gt;alert(1)" in shown
    assert "<td>right B-7</td>" in shown
    assert not any(tag in shown for tag in ("<script", "<b>", "<i>"))
    assert studio.still()["text/plain"] == "Skill <i>look: 1 file changed"


def test_a_page_carries_the_text_and_closes_no_script():
    studio = make()
    studio.edit("SKILL.md", "</script><b>")
    page = studio.to_html()
    assert page.count("</script>") == 2
    assert "\\u003c/script>\\u003cb>" in page
