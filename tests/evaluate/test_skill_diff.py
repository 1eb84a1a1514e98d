from workbench.evaluate.skill_diff import diff_skills


def write(folder, **texts):
    for name, text in texts.items():
        place = folder / name
        place.mkdir(parents=True)
        (place / "SKILL.md").write_text(text, encoding="utf-8")
    return folder


def test_what_differs_is_told_file_by_file(tmp_path):
    before = write(tmp_path / "a", same="x\n", other="one\ntwo\n", gone="g\n")
    after = write(tmp_path / "b", same="x\n", other="one\n2\n", new="n\n")
    (after / "same" / "__pycache__").mkdir()
    (after / "same" / "__pycache__" / "x.pyc").write_bytes(b"\0")
    told = diff_skills(before, after)
    assert [*told] == ["gone/SKILL.md", "new/SKILL.md", "other/SKILL.md"]
    assert told["other/SKILL.md"].splitlines()[-2:] == ["-two", "+2"]
    assert told["new/SKILL.md"].splitlines()[-1] == "+n"
    assert diff_skills(after, after) == {}


def test_a_floor_has_no_skills(tmp_path):
    after = write(tmp_path / "b", new="n\n")
    assert [*diff_skills(None, after)] == ["new/SKILL.md"]
    assert diff_skills(None, None) == {}
