import time
from datetime import UTC, datetime

import pytest

from workbench.errors import HistoryError
from workbench.history import Repository, run_git, weave_files
from workbench.history.git import Hunk

NASTY = "--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git a/x b/x\n\\ No newline at end of file\n\x0cform feed\r\nlone\rreturn\n\x00commit\x00\nlast"
ODD_PATHS = ["sp ace.py", "ünï.py", 'ü"quote.py', "tab\t.py", "new\nline.py", "back\\slash.py",
             ":colon.py", "*.py", "--- a", "\udcff.py", '\udcff".py']  # fmt: skip


def commit(repository, message="more"):
    run_git(repository.folder, "add", "--all")
    run_git(repository.folder, "commit", "--quiet", "-m", message)


def woven(repository, base="main~1"):
    """Texts of the files touched: as woven, and as git has them."""
    weaves = weave_files(repository.commits(base, "main"), lambda path: repository.find(path, base))
    texts = {path: weave.text() for path, weave in weaves.items()}
    return texts, {path: repository.find(path, "main") or "" for path in weaves}


def commit_object(repository, *header):
    """Write a commit with header lines that no git command would write; return its id."""
    tree, parent = (
        run_git(repository.folder, "rev-parse", spec).strip() for spec in ("main^{tree}", "main")
    )
    text = "\n".join([f"tree {tree}", f"parent {parent}", *header, "", "odd\n"])
    return run_git(
        repository.folder, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text
    ).strip()


# commits


def test_hunks_hold_whole_lines_with_their_terminators(make_repository):
    repository = make_repository(
        {"a.py": "1\n2\n3\n4\n"}, {"a.py": "1\ntwo\n4\nfive"}, {"a.py": "0\n1\ntwo\n4\nfive\n"}
    )
    first, second = repository.commits("main~2", "main")
    assert first.hunks == (
        Hunk("a.py", 1, ("2\n", "3\n"), ("two\n",)), Hunk("a.py", 4, (), ("five",)),
    )  # fmt: skip
    assert second.hunks == (Hunk("a.py", 0, (), ("0\n",)), Hunk("a.py", 3, ("five",), ("five\n",)))


def test_lines_that_look_like_headers_are_content(make_repository):
    repository = make_repository(
        {"a.py": NASTY}, {"a.py": NASTY.replace("last", "--- end")}, {"a.py": "+++ b/y\n-- x\n" * 3}
    )
    texts, expected = woven(repository, "main~2")
    assert texts == expected
    assert [commit.title for commit in repository.commits("main~2", "main")] == ["c1", "c2"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "x"), ("x", ""), (None, ""), ("", None), (None, "x\n"), ("x\n", None), ("x", "x\n"),
        ("x\n", "x"), ("x\r\ny\r\n", "x\ny\r\n"), ("\udcff\n", "\udcfe"), ("x\n", "y\x0c\nx\n"),
        ("\n\n\n", "\n"), ("a\rb\n", "a\rc\n"),
    ],
)  # fmt: skip
def test_a_file_ends_as_git_has_it(make_repository, before, after):
    given = [{"a.py": text, "other": name} for name, text in (("1", before), ("2", after))]
    repository = make_repository(
        *({p: t for p, t in files.items() if t is not None or n} for n, files in enumerate(given))
    )
    texts, expected = woven(repository)
    assert texts == expected


def test_odd_paths_are_read_whole(make_repository):
    repository = make_repository(
        dict.fromkeys(ODD_PATHS, "1\n"), dict.fromkeys(ODD_PATHS[1:], "2\n")
    )
    (commit,) = repository.commits("main~1", "main")
    assert sorted(hunk.path for hunk in commit.hunks) == sorted(ODD_PATHS[1:])
    assert sorted(repository.files("main")) == sorted(ODD_PATHS)
    assert {repository.find(path, "main") for path in ODD_PATHS[1:]} == {"2\n"}


def test_a_merge_is_one_commit_against_its_first_parent(make_repository):
    repository = make_repository({"a.py": "1\n", "b.py": "1\n"})
    folder = repository.folder
    run_git(folder, "checkout", "--quiet", "-b", "side")
    for text in ("2\n", "3\n"):
        (folder / "b.py").write_text(text)
        commit(repository, "on the side")
    run_git(folder, "checkout", "--quiet", "main")
    (folder / "a.py").write_text("2\n")
    commit(repository, "straight")
    run_git(folder, "merge", "--quiet", "--no-ff", "-m", "merged", "side")
    commits = repository.commits("main~2", "main")
    assert [commit.title for commit in commits] == ["straight", "merged"]
    assert commits[1].hunks == (Hunk("b.py", 0, ("1\n",), ("3\n",)),)


def test_a_folder_that_becomes_a_file_is_two_files(make_repository):
    repository = make_repository({"d/a.py": "1\n"}, {"d/a.py": None})
    (repository.folder / "d").rmdir()
    (repository.folder / "d").write_text("2\n")
    commit(repository)
    texts, expected = woven(repository, "main~2")
    assert texts == expected == {"d/a.py": "", "d": "2\n"}


def test_a_file_that_becomes_a_link_is_its_new_content(make_repository):
    repository = make_repository({"a.py": "1\n2\n"})
    (repository.folder / "a.py").unlink()
    (repository.folder / "a.py").symlink_to("b.py")
    commit(repository)
    texts, expected = woven(repository)
    assert texts == expected == {"a.py": "b.py"}


def test_a_submodule_is_left_out(make_repository):
    inner = make_repository({"z": "1\n"}, name="inner")
    repository = make_repository({"a.py": "1\n"})
    run_git(repository.folder, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
            str(inner.folder), "sub")  # fmt: skip
    commit(repository)
    sub = repository.folder / "sub"
    run_git(sub, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "--quiet",
            "--allow-empty", "-m", "moved")  # fmt: skip
    commit(repository)
    texts, expected = woven(repository)
    assert texts == expected == {}
    assert repository.find("sub", "main") is None


@pytest.mark.parametrize(
    "setting",
    ["diff.interHunkContext=9", "diff.context=5", "diff.noprefix=true", "diff.mnemonicPrefix=true",
     "color.ui=always", "color.diff=always", "diff.submodule=log", "diff.renames=copies",
     "i18n.logOutputEncoding=latin1", "log.showRoot=false", "log.decorate=full", "log.date=raw",
     "diff.suppressBlankEmpty=true", "core.quotePath=true", "log.diffMerges=off"],
)  # fmt: skip
def test_what_is_read_does_not_depend_on_settings(make_repository, setting):
    lines = [f"{n}\n" for n in range(20)]
    repository = make_repository(
        {"ü.py": "".join(lines)}, {"ü.py": "".join([*lines[:3], "x\n", *lines[4:7], "y\n"])}
    )
    as_it_is = repository.commits("main~1", "main"), repository.show("main")
    run_git(repository.folder, "config", *setting.split("="))
    assert (repository.commits("main~1", "main"), repository.show("main")) == as_it_is


@pytest.mark.parametrize("date", ["1 +9999", "1 +051800", "253402300800 +0000"])
def test_a_time_that_cannot_be_is_no_reason_to_fail(make_repository, date):
    repository = make_repository({"a.py": "1\n"})
    odd = commit_object(repository, f"author A <a@b> {date}", "committer A <a@b> 1 +0000")
    assert [commit.at for commit in repository.commits("main", odd)] == [
        datetime.fromtimestamp(0, UTC)
    ]


def test_text_that_is_not_unicode_passes_through(make_repository):
    repository = make_repository({"a.py": "\udce9\n"}, {"a.py": "\udce8\n"})
    (commit,) = repository.commits("main~1", "main")
    assert commit.hunks == (Hunk("a.py", 0, ("\udce9\n",), ("\udce8\n",)),)
    assert "\udce8" in repository.show("main")


# errors


@pytest.mark.parametrize(
    ("place", "complaint"),
    [("none", "found no such folder"), ("repo/a.py", "found no such folder"),
     ("repo/d", "expected the top of a git repository"), (".", "not a git repository")],
)  # fmt: skip
def test_a_folder_that_is_no_repository_is_named(make_repository, tmp_path, place, complaint):
    make_repository({"a.py": "1\n", "d/b.py": "1\n"})
    with pytest.raises(HistoryError, match=complaint) as caught:
        Repository(tmp_path / place)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "revision", ["nope", "", "--help", "main~9", "main..main", "a\0b", "\ud800"]
)
def test_a_revision_that_is_not_there_is_named(make_repository, revision):
    repository = make_repository({"a.py": "1\n"})
    with pytest.raises(HistoryError, match="no revision"):
        repository.resolve(revision)


@pytest.mark.parametrize("path", ["b.py", "d", "", "../a.py", "/etc/passwd", "a\0b", "\ud800"])
def test_a_file_that_is_not_there_is_named(make_repository, path):
    repository = make_repository({"a.py": "1\n", "d/c.py": "1\n"})
    with pytest.raises(HistoryError, match="no file"):
        repository.read(path, "main")


def test_a_history_that_does_not_start_at_the_base_is_one_error(make_repository):
    repository = make_repository({"a.py": "1\n2\n"}, {"a.py": "1\n3\n"})
    run_git(repository.folder, "checkout", "--quiet", "-b", "side", "main~1")
    (repository.folder / "a.py").write_text("")
    commit(repository)
    with pytest.raises(HistoryError, match=r"a\.py: commit .* removes an unseen line"):
        woven(repository, "side")


# working tree and search


def test_uncommitted_names_what_differs(make_repository):
    repository = make_repository({"a.py": "1\n" * 9, "b.py": "1\n", "c.py": "1\n"})
    assert repository.uncommitted() == []
    (repository.folder / "a.py").rename(repository.folder / "moved.py")
    (repository.folder / "c.py").write_text("2\n")
    run_git(repository.folder, "add", "--all")
    (repository.folder / "ü new.py").touch()
    assert sorted(repository.uncommitted()) == ["a.py", "c.py", "moved.py", "ü new.py"]


@pytest.mark.parametrize(
    "setting", ["grep.column=true", "color.grep=always", "grep.patternType=fixed"]
)
def test_search_finds_lines_whatever_the_settings(make_repository, setting):
    repository = make_repository({"ü.py": "one\n\ttwo: 2\n", "b.bin": "one\0"}, {"ü.py": "new\n"})
    run_git(repository.folder, "config", *setting.split("="))
    assert repository.search("^(one|.two)", "main~1") == [
        ("ü.py", 1, "one"),
        ("ü.py", 2, "\ttwo: 2"),
    ]
    assert repository.search("o", "main~1", limit=1) == [("ü.py", 1, "one")]
    assert repository.search("^one", "main") == []
    assert repository.search("-v", "main") == []


@pytest.mark.parametrize("pattern", ["(", "[", "\0", "\ud800"])
def test_a_pattern_that_is_none_is_one_error(make_repository, pattern):
    repository = make_repository({"a.py": "x\n"})
    with pytest.raises(HistoryError, match="git grep|expected an extended regular"):
        repository.search(pattern, "main")


# a repository that means harm


def test_a_hostile_repository_runs_nothing(make_repository, tmp_path):
    repository = make_repository(
        {"a.py": "1\n", ".gitattributes": "*.py diff=evil\n"}, {"a.py": "2\n"}
    )
    folder, witness, script = repository.folder, tmp_path / "ran", tmp_path / "evil.sh"
    signed = commit_object(
        repository, "author A <a@b> 1 +0000", "committer A <a@b> 1 +0000",
        "gpgsig -----BEGIN PGP SIGNATURE-----", " ", " iQ==", " -----END PGP SIGNATURE-----",
    )  # fmt: skip
    run_git(folder, "update-ref", "refs/heads/main", signed)
    script.write_text(f"#!/bin/sh\ntouch {witness}\n")
    script.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (folder / ".git" / "hooks" / hook).write_text(script.read_text())
        (folder / ".git" / "hooks" / hook).chmod(0o755)
    for key in (
        "diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor", "core.pager",
        "core.editor", "gpg.program", "core.sshCommand", "core.askPass",
    ):  # fmt: skip
        run_git(folder, "config", key, str(script))
    run_git(folder, "config", "log.showSignature", "true")
    (folder / "a.py").touch()
    repository = Repository(folder)
    repository.commits("main~2", "main")
    repository.show("main")
    repository.uncommitted()
    repository.search("2", "main")
    repository.read("a.py", "main")
    assert not witness.exists()


# files by content


def test_blobs_are_the_files_with_ids_and_sizes(make_repository):
    repository = make_repository(dict.fromkeys(ODD_PATHS, "1\n") | {"d/b.py": "", "a.py": "four"})
    (repository.folder / "link").symlink_to("a.py")
    commit(repository)
    blobs = {blob.path: blob for blob in repository.blobs("main")}
    assert set(blobs) == {*ODD_PATHS, "d/b.py", "a.py"}
    assert (blobs["a.py"].n_bytes, blobs["d/b.py"].n_bytes) == (4, 0)
    assert len({blobs[path].id for path in ODD_PATHS}) == 1


def test_contents_are_read_in_the_order_asked(make_repository):
    texts = {"a": "1\n", "b": "", "c": "\n\nmany\n" * 50_000, "d": NASTY, "e": "\udcff"}
    repository = make_repository(texts)
    ids = {blob.path: blob.id for blob in repository.blobs("main")}
    order = [*"edcba", *"aa"]
    expected = [texts[path].encode("utf-8", "surrogateescape") for path in order]
    assert list(repository.read_blobs(ids[path] for path in order)) == expected
    assert list(repository.read_blobs([])) == []
    assert next(repository.read_blobs([ids["c"]] * 1000)) == texts["c"].encode()  # and no more


@pytest.mark.parametrize("blob", ["", "main", "--help", "0" * 39, "0" * 40 + "\n", "0" * 40])
def test_an_id_that_is_none_is_one_error(make_repository, blob):
    repository = make_repository({"a": "1\n"})
    with pytest.raises(HistoryError, match="expected the id of a file|is missing"):
        list(repository.read_blobs([blob]))


def test_a_file_has_a_size_and_may_be_too_large_to_read(make_repository):
    repository = make_repository({"a.py": "1\n2\n", "d/b": ""})
    assert (repository.size("a.py", "main"), repository.size("d/b", "main")) == (4, 0)
    assert repository.read("a.py", "main", max_bytes=4) == "1\n2\n"
    with pytest.raises(HistoryError, match="'a.py' at main has 4 bytes, expected at most 3"):
        repository.read("a.py", "main", max_bytes=3)


@pytest.mark.parametrize(
    "path", ["b.py", "d", "d/", "", "../a.py", "/etc/passwd", "a\0b", "\ud800"]
)
def test_what_is_no_file_has_no_size_and_no_blame(make_repository, path):
    repository = make_repository({"a.py": "1\n", "d/c.py": "1\n"})
    for ask in (repository.size, lambda *at: repository.blame(*at, 0, 1)):
        with pytest.raises(HistoryError, match="no file"):
            ask(path, "main")


@pytest.mark.parametrize("revision", ["-x", "a..b", "", "main\0", "none", "main:a.py"])
def test_a_bad_revision_is_one_error_whatever_is_asked(make_repository, revision):
    repository = make_repository({"a.py": "1\n"})
    for ask in (
        repository.blobs, repository.files, lambda r: repository.size("a.py", r),
        lambda r: repository.blame("a.py", r, 0, 1), lambda r: repository.search("x", r),
    ):  # fmt: skip
        with pytest.raises(HistoryError, match="no revision|no file"):
            ask(revision)


# who wrote a line


def test_blame_names_the_commit_of_each_line(make_repository):
    repository = make_repository(
        {"ü.py": "one\ntwo\nthree\n"}, {"ü.py": "one\n\tTWO \r\nthree\nfour"}
    )
    commits = [repository.resolve(spec) for spec in ("main~1", "main")]
    lines = repository.blame("ü.py", "main", 0, 99)
    assert [line.commit for line in lines] == [commits[i] for i in (0, 1, 0, 1)]
    assert [line.text for line in lines] == ["one", "\tTWO \r", "three", "four"]
    assert [line.number for line in lines] == [1, 2, 3, 4]
    assert {line.author for line in lines} == {"Ada Keller"}
    assert all(abs((line.at - datetime.now(UTC)).total_seconds()) < 3600 for line in lines)
    assert repository.blame("ü.py", "main", 1, 3) == lines[1:3]
    assert repository.blame("ü.py", "main~1", 1, 2)[0].text == "two"


@pytest.mark.parametrize("lines", [(4, 9), (1, 1), (2, 1), (-5, 0)])
def test_blame_of_no_lines_is_empty(make_repository, lines):
    assert make_repository({"a.py": "1\n2\n"}).blame("a.py", "main", *lines) == []


def test_blame_does_not_depend_on_settings(make_repository):
    repository = make_repository({"a.py": "1\n"}, {"a.py": "2\n"})
    as_it_is = repository.blame("a.py", "main", 0, 1)
    (repository.folder / "ignored").write_text(repository.resolve("main"))
    for setting in (
        "blame.ignoreRevsFile=ignored",
        "blame.coloring=repeatedLines",
        "blame.showEmail=true",
    ):
        run_git(repository.folder, "config", *setting.split("="))
    assert repository.blame("a.py", "main", 0, 1) == as_it_is


# limits


def test_git_that_takes_too_long_is_stopped(make_repository):
    repository = make_repository({"a.py": "1\n"})
    begun = time.monotonic()
    with pytest.raises(HistoryError, match=r"repo: git -c took over 0\.2 s"):
        run_git(repository.folder, "-c", "alias.wait=!exec sleep 4", "wait", timeout_s=0.2)
    assert time.monotonic() - begun < 3


def test_a_pattern_that_tries_for_ever_is_stopped(make_repository):
    repository = make_repository({"a.py": "a" * 3000 + "\n"})
    begun = time.monotonic()
    with pytest.raises(
        HistoryError, match=r"git grep took over 0\.5 s: expected a simpler pattern"
    ):
        repository.search(r"(a|aa)+\1\1$", "main", timeout_s=0.5)
    assert time.monotonic() - begun < 10


def test_large_files_are_not_searched(make_repository, monkeypatch):
    monkeypatch.setattr("workbench.history.git.MOST_SEARCHED_BYTES", 1000)
    repository = make_repository({":(top)large*": "find\n" * 201, "large": "find\n" * 200})
    assert {path for path, *_ in repository.search("find", "main", 1000)} == {"large"}


@pytest.mark.parametrize(
    ("path", "found"),
    [("", ["a.py", "d/b.py", "d/c.go", "ü:.py"]), ("d", ["d/b.py", "d/c.go"]), ("d/", ["d/b.py", "d/c.go"]),
     ("*.py", ["a.py", "d/b.py", "ü:.py"]), ("d/b.py", ["d/b.py"]), ("none", []), (":!a.py", []),
     ("d/*.go", ["d/c.go"]), ("--help", [])],
)  # fmt: skip
def test_search_may_be_of_some_files(make_repository, path, found):
    repository = make_repository(dict.fromkeys(["a.py", "d/b.py", "d/c.go", "ü:.py"], "find\n"))
    assert sorted(p for p, *_ in repository.search("find", "main", path=path)) == found


def commit_on(repository, branch, start="", **files):
    """Commit on a new branch; return its id."""
    folder = repository.folder
    if start:
        run_git(folder, "checkout", "--quiet", "-b", branch, start)
    else:
        run_git(folder, "checkout", "--quiet", branch)
    for name, text in files.items():
        (folder / name).write_text(text)
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--allow-empty", "-m", branch)
    return repository.resolve("HEAD")


def test_versions_are_tags_and_ids(make_repository):
    repository = make_repository({"a": "1"}, {"a": "2"})
    first, second = (change.id for change in repository.changes())
    run_git(repository.folder, "tag", "v1.0", first)
    run_git(repository.folder, "tag", "-a", "2.0", "-m", "two", second)
    asked = ["v1.0", "1.0", "2.0", first, second[:7], "1.0"]
    assert repository.resolve_all(asked) == dict(
        zip(asked, [first, first, second, first, second], strict=False)
    )


@pytest.mark.parametrize(
    "version", ["main", "HEAD", "@", "0" * 40, "main~1", ":/c0", "no such", "", "a\nb", "--all"]
)
def test_what_moves_names_no_version(make_repository, version):
    repository = make_repository({"a": "1"}, {"a": "2"})
    assert repository.resolve_all([version, repository.resolve("HEAD")[:4]]) == {}


def test_a_trunk_reaches_from_the_oldest_to_the_newest(make_repository):
    repository = make_repository({"a": "1"}, {"a": "2"}, {"a": "3"})
    ids = first, second, third = tuple(change.id for change in repository.changes())
    assert repository.trunk([first, second, third]) == ids
    assert repository.trunk([second, third, first, second]) == ids
    assert repository.trunk([second, second]) == (second,)


def test_a_trunk_is_that_of_the_last_version(make_repository):
    repository = make_repository({"a": "1"}, {"a": "2"})
    first, second = (change.id for change in repository.changes())
    for name in "abcdefgh":  # whatever its id is
        fix = commit_on(repository, f"hotfix-{name}", first, a=name)
        assert repository.trunk([first, fix, second]) == (first, second)
        assert repository.trunk([first, second, fix]) == (first, fix)
        assert repository.branched_from(fix, (first, second)) == first


def test_a_branch_that_is_merged_later_leaves_the_trunk_before_it(make_repository):
    repository = make_repository({"a": "1"}, {"a": "2"})
    first, second = (change.id for change in repository.changes())
    feature = commit_on(repository, "feature", first, b="1")
    run_git(repository.folder, "checkout", "--quiet", "main")
    run_git(repository.folder, "merge", "--quiet", "--no-ff", "-m", "merge", "feature")
    merge = repository.resolve("main")
    assert repository.trunk([feature, merge]) == (first, second, merge)


def test_versions_without_a_common_past_are_left_out(make_repository):
    repository = make_repository({"a": "1"}, {"a": "2"})
    first, second = (change.id for change in repository.changes())
    run_git(repository.folder, "checkout", "--quiet", "--orphan", "other")
    run_git(repository.folder, "commit", "--quiet", "-m", "other")
    other = repository.resolve("other")
    assert not repository.are_related(other, second)
    assert repository.trunk([first, other, second]) == (first, second)
