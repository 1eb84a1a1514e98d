import pytest
from playwright.sync_api import expect
from ui_pages import check_accessible, keep_picture

from workbench.widgets import SkillStudio

FILES = {
    "SKILL.md": "# Look\n\nLook once.\n" + "".join(f"- rule {i}\n" for i in range(60)),
    "scripts/playbook.py": "def look():\n    return 1\n",
    "references/" + "a-long-name-" * 12 + "more.md": "More.\n",
}
CELL = f"""from workbench.widgets import SkillStudio
def validate(files):
    where = files["SKILL.md"].find("rule nine")
    line = files["SKILL.md"][:where].count("\\n") + 1
    return [] if where < 0 else [{{"path": "SKILL.md", "line": line, "message": "nine is 9"}}]
def try_on(files, names, task):
    for name in names:
        while name == "slow":
            task.tell("at it", 0.5)
    return [{{"case": name, "before": "wrong", "verdict": "right", "cause": "B-7"}} for name in names]
kept = []
def save(files, name):
    kept.append([name, files["SKILL.md"][:6]])
    return f"skills/{{name}}"
studio = SkillStudio({FILES!r}, name="look", cases=["one", "two", "slow"], validate=validate,
                     try_on=try_on, save=save, variants=["look-2"], notice="It is run as yours.")
studio"""


@pytest.fixture(scope="module")
def lab(open_notebook):
    return open_notebook(CELL)


@pytest.fixture
def studio(lab):
    """Run the notebook anew."""
    lab.page.set_viewport_size({"width": 1500, "height": 1200})
    lab.run()
    found = lab.page.locator(".wb-skill")
    lab.until("[studio.changed, kept]", [[], []])
    expect(found).to_have_count(1)
    expect(found.locator(".wb-sk-head")).to_contain_text("equals the original")
    return found


def text(studio):
    return studio.locator("textarea")


def part(studio, name):
    return studio.get_by_role("button", name=name, exact=True)


def test_what_is_typed_is_in_the_diff_and_in_python(lab, studio):
    text(studio).press("Control+Home")
    lab.page.keyboard.type("x")
    expect(studio.locator(".wb-diff-add code")).to_have_text("x# Look")
    expect(studio.locator(".wb-diff-del code")).to_have_text("# Look")
    lab.until("studio.changed", ["SKILL.md"])
    assert lab.value("studio.files['SKILL.md'][:7]") == "x# Look"
    expect(studio.locator(".wb-sk-file[aria-current]")).to_contain_text("changed")
    part(studio, "Revert file").click()
    lab.until("studio.changed", [])
    expect(studio.locator(".wb-diff")).to_have_count(0)


def test_tab_indents_undo_takes_it_back_and_escape_then_tab_leaves(lab, studio):
    studio.get_by_role("button", name="scripts/playbook.py").click()
    text(studio).press("Control+Home")
    text(studio).press("Tab")
    assert text(studio).input_value().startswith("    def look()")
    text(studio).press("Shift+Tab")
    assert text(studio).input_value() == FILES["scripts/playbook.py"]
    text(studio).press("Control+End")
    lab.page.keyboard.type("    a")
    lab.page.keyboard.press("Enter")
    lab.page.keyboard.type("b")
    assert text(studio).input_value().endswith("    a\n    b")
    for _ in range(9):
        lab.page.keyboard.press("Control+z")
    assert text(studio).input_value() == FILES["scripts/playbook.py"]
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("Tab")
    expect(text(studio)).not_to_be_focused()
    expect(studio.locator(":focus")).to_have_count(1)


def test_several_lines_go_in_together(studio):
    studio.get_by_role("button", name="scripts/playbook.py").click()
    text(studio).press("Control+a")
    text(studio).press("Tab")
    assert text(studio).input_value() == "    def look():\n        return 1\n"


def test_keys_in_the_text_leave_the_cells_alone(lab, studio):
    for key in ("Escape", "d", "d", "x", "a", "Enter"):
        text(studio).press(key)
    assert lab.page.locator(".jp-Notebook .jp-Cell").count() == 1


def test_files_that_python_takes_away_and_adds_are_marked(lab, studio):
    lab.value("setattr(studio, 'files', {'new.md': 'new', 'SKILL.md': studio.files['SKILL.md']})")
    marks = studio.locator(".wb-sk-mark")
    expect(marks).to_have_text(["− removed", "− removed", "+ new"])
    studio.get_by_role("button", name="scripts/playbook.py").click()
    expect(studio).to_contain_text("The variant does not have this file.")
    part(studio, "Revert file").click()
    expect(text(studio)).to_have_value(FILES["scripts/playbook.py"])
    studio.get_by_role("button", name="new.md").click()
    part(studio, "Revert file").click()
    expect(marks).to_have_text(["− removed"])
    lab.until(
        "sorted(studio.files)", ["SKILL.md", "scripts/playbook.py"]
    )  # before Python edits too
    lab.value("studio.files.pop('SKILL.md') and studio.send_state('files')")
    lab.value("setattr(studio, 'path', 'SKILL.md')")
    expect(studio).to_contain_text("The variant does not have this file.")


def test_edited_code_is_said_to_be_run(lab, studio):
    notice = studio.locator(".wb-sk-notice")
    expect(notice).to_be_hidden()
    studio.get_by_role("button", name="scripts/playbook.py").click()
    text(studio).press("Control+End")
    lab.page.keyboard.type("# more")
    expect(notice).to_have_text("Code was edited. It is run as yours.")


def test_a_fault_leads_to_its_line(lab, studio):
    lab.value("studio.edit('SKILL.md', studio.files['SKILL.md'].replace('rule 9', 'rule nine', 1))")
    expect(text(studio)).to_have_value(FILES["SKILL.md"].replace("rule 9", "rule nine", 1))
    studio.get_by_role("button", name="scripts/playbook.py").click()
    part(studio, "Check").click()
    studio.get_by_role("button", name="SKILL.md:13").click()
    expect(text(studio)).to_be_focused()
    chosen = "(area) => area.value.slice(area.selectionStart, area.selectionEnd)"
    assert text(studio).evaluate(chosen) == "- rule nine"
    lab.until("studio.path", "SKILL.md")
    lab.value("studio.revert()")
    expect(studio.locator(".wb-sk-check")).to_contain_text("1 fault, before the latest edits")


def test_cases_are_chosen_tried_and_told(lab, studio):
    expect(part(studio, "Try")).to_be_disabled()
    studio.get_by_label("Find cases").fill("o")
    studio.get_by_label("Select all that are shown").check()
    studio.get_by_label("Find cases").fill("slow")
    studio.get_by_label("Select all that are shown").uncheck()
    lab.until("studio.selected_cases", ["one", "two"])
    part(studio, "Try").click()
    rows = studio.locator(".wb-tried tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("wrong")
    expect(rows.first).to_contain_text("better")
    expect(studio.locator(".wb-tried tfoot")).to_contain_text("2 right: better on 2")
    lab.until("studio.results.verdict_after.tolist()", ["right", "right"])


def test_trying_is_cancelled_by_a_click(lab, studio):
    lab.value("setattr(studio, 'selected_cases', ['slow'])")
    part(studio, "Try").click()
    expect(studio.locator(".wb-task")).to_contain_text("at it")
    expect(part(studio, "Check")).to_be_disabled()
    part(studio, "Cancel").click()
    expect(studio.locator(".wb-task")).to_contain_text("Trying was cancelled")
    expect(part(studio, "Try")).to_be_enabled()


def test_a_variant_is_kept_and_one_that_is_there_only_by_a_second_click(lab, studio):
    name = studio.get_by_label("Name")
    expect(name).to_have_value("look-3")
    save = studio.locator(".wb-sk-keep button")
    expect(save).to_be_disabled()
    text(studio).press("Control+Home")
    lab.page.keyboard.type("x")
    name.fill("Look 3")
    expect(studio.locator(".wb-sk-keep")).to_contain_text("lowercase letters")
    expect(save).to_be_disabled()
    name.fill("look-2")
    save.click()
    expect(save).to_have_text("Replace look-2")
    assert lab.value("kept") == []
    save.click()
    lab.until("kept", [["look-2", "x# Loo"]])
    expect(studio.locator(".wb-sk-saved")).to_have_text("✓ Kept: skills/look-2")


def make_full():
    rows = [
        {"case": name, "before": before, "after": after, "cause": "feed.py: " * 12, "note": "odd",
         "confidence": 0.9, "seconds": 0.25, "steps": 12, "skill": "look", "truth": "B-7"}
        for name, before, after in (("one", "wrong", "right"), ("two", "right", "abstained"))
    ]  # fmt: skip
    faults = ["general", {"path": "SKILL.md", "line": 3, "message": "too long " * 30}]
    studio = SkillStudio(
        FILES, name="look", cases=["one", "two", "case-" * 30], notice="It is run as yours.",
        validate=lambda files: faults if "twice" in files["SKILL.md"] else [],
        try_on=lambda files, names, task: rows, save=lambda files, name: name,
    )  # fmt: skip
    studio.try_cases(["one", "two"]).wait(10)
    studio.edit("SKILL.md", FILES["SKILL.md"].replace("once", "twice " * 60))
    studio.edit("scripts/playbook.py", "")
    studio.edit("new.md", "new")
    studio.check().wait(10)
    return studio


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize("width", [1600, 400])
def test_everybody_can_use_it(new_page, theme, width):
    page = new_page(width=width, color_scheme=theme.lower())
    page.set_content(make_full().to_html())
    shown = page.locator(".wb-skill")
    expect(shown).to_have_attribute("data-theme", theme.lower())
    expect(shown.locator(".wb-tried tbody tr")).to_have_count(2)
    check_accessible(shown)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    keep_picture(page, f"skill_{theme.lower()}_{width}")


def test_a_saved_page_is_edited_and_compared_and_asks_for_nothing(new_page):
    page = new_page()
    page.set_content(SkillStudio(FILES, name="look").to_html())
    shown = page.locator(".wb-skill")
    expect(shown).to_contain_text("There are no cases to try it on.")
    expect(shown).to_contain_text("This is a saved page")
    text(shown).press("Control+Home")
    page.keyboard.type("x")
    expect(shown.locator(".wb-diff-add code")).to_have_text("x# Look")
    for name in ("Check", "Try", "Save as new variant"):
        expect(part(shown, name)).to_be_disabled()
