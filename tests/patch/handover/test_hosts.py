import logging
import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from host_server import TOKEN, HostServer

from workbench.errors import PatchError
from workbench.history import run_git
from workbench.patch.handover.hosts import TOKENS, Desk
from workbench.types import Change, Fix, Patch, Verification

BRANCH = "workbench/fix-R-1"
LETTER = "# Keep the answers of f\n\nTo: Ada <ada@example.invalid>\nBranch: `b`\n\n## Risk\nNone.\n"
ADA = Change("", "Do it twice", "Ada", "ada@example.invalid", datetime(2026, 1, 1, tzinfo=UTC))
VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "GITHUB_API_URL", "CI_SERVER_URL")

each_host = pytest.mark.parametrize("kind", TOKENS)


@pytest.fixture
def repository(make_repository, tmp_path):
    """A repository whose code has owners, cloned from a bare one with the branch `trunk`."""
    made = make_repository(
        {"app.py": "x = 1\n", "CODEOWNERS": "*.py @bob\n"}, {"app.py": "x = 2\n"}
    )
    run_git(tmp_path, "init", "--bare", "--quiet", "host.git")
    run_git(made.folder, "push", "--quiet", str(tmp_path / "host.git"), "main:trunk")
    return made


@pytest.fixture
def host(repository, tmp_path, monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    with HostServer(tmp_path / "host.git") as host:
        run_git(repository.folder, "remote", "add", "origin", f"{host.url}/acme/shop.git")
        run_git(repository.folder, "remote", "set-url", "--push", "origin", str(host.bare))
        host.authors[repository.resolve("HEAD")] = "ada"
        yield host


@pytest.fixture
def fix(repository):
    """A fix on a branch of its own, which nobody has checked out."""
    folder = repository.folder
    run_git(folder, "checkout", "--quiet", "-b", BRANCH)
    (folder / "app.py").write_text("x = 1\n")
    run_git(folder, "commit", "--quiet", "--all", "-m", "Keep the answers of f")
    run_git(folder, "checkout", "--quiet", "main")
    patch = Patch("add_cache", "Keep the answers of f", {"app.py": "x = 1\n"})
    commit = repository.resolve(BRANCH)
    return Fix(patch, "", Verification(verified=True), BRANCH, commit, LETTER)


@pytest.fixture
def open_(repository, host, fix):
    """A kind of host -> the request that was opened."""

    def open_(kind, fix=fix, culprit=None, owner=""):
        culprit = culprit or replace(ADA, id=repository.resolve("HEAD"))
        return Desk.of(repository, kind).open(fix, "HEAD", culprit, owner)

    return open_


def test_at_github_the_branch_is_pushed_and_a_request_opened(open_, host, fix):
    opened = open_("github")
    assert opened.url == "https://host.example/acme/shop/pull/1"
    assert (opened.host, opened.at, opened.is_new) == ("github", datetime(2026, 11, 27, 22, tzinfo=UTC), True)  # fmt: skip
    assert run_git(host.bare, "rev-parse", BRANCH).strip() == fix.commit
    assert host.opened == [
        {"base": "trunk", "head": BRANCH, "title": "Keep the answers of f",
         "body": "To: Ada <ada@example.invalid>\nBranch: `b`\n\n## Risk\nNone.\n"}
    ]  # fmt: skip
    assert host.asked == ["ada", "bob"]
    assert (opened.asked, opened.not_asked) == (("@ada", "@bob"), ())


def test_at_gitlab_the_branch_is_pushed_and_a_request_opened(open_, host, fix):
    opened = open_("gitlab")
    assert opened.url == "https://host.example/acme/shop/-/merge_requests/1"
    assert (opened.host, opened.at, opened.is_new) == ("gitlab", datetime(2026, 11, 27, 22, tzinfo=UTC), True)  # fmt: skip
    assert run_git(host.bare, "rev-parse", BRANCH).strip() == fix.commit
    assert host.opened == [
        {"source_branch": BRANCH, "target_branch": "trunk", "title": "Keep the answers of f",
         "description": "To: Ada <ada@example.invalid>\nBranch: `b`\n\n## Risk\nNone.\n",
         "reviewer_ids": [10, 11]}
    ]  # fmt: skip
    assert (opened.asked, opened.not_asked) == (("@ada", "@bob"), ())


@each_host
def test_what_is_open_from_that_branch_is_told_and_not_opened_again(open_, host, kind):
    first = open_(kind)
    host.calls.clear()
    again = open_(kind)
    assert len(host.opened) == 1
    assert {method for method, _ in host.calls} == {"GET"}
    assert (again.url, again.at, again.is_new) == (first.url, first.at, False)


@each_host
def test_what_another_opened_meanwhile_is_told(open_, host, kind):
    """The first look finds nothing: it is opened between that and our own."""
    answer = host.answer

    def late(method, path, query, body):
        if method == "POST" and path.endswith(("pulls", "merge_requests")):
            answer(method, path, query, body)
        return answer(method, path, query, body)

    host.answer = late
    assert not open_(kind).is_new
    assert len(host.opened) == 1


@each_host
def test_the_repository_is_left_as_it_was(open_, repository, kind):
    def state():
        refs = run_git(repository.folder, "for-each-ref")
        return refs, (repository.folder / ".git" / "config").read_text(), repository.uncommitted()

    before = state()
    open_(kind)
    assert state() == before


def test_who_cannot_be_asked_at_github_is_told_and_the_others_are(open_, host, repository):
    host.accounts.pop("bob")
    opened = open_("github")
    assert opened.asked == ("@ada",)
    (why,) = opened.not_asked
    assert why.startswith("@bob: ")
    assert "Reviews may only be requested from collaborators." in why


def test_whom_github_does_not_know_is_told(open_, host, repository):
    host.authors = {repository.resolve("HEAD"): None}
    culprit = replace(ADA, id=repository.resolve("HEAD"))
    strangers = ("team-feed", "@@maintainer", "carol@example.com")
    for owner in strangers:
        run_git(host.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
        host.opened.clear()
        (repository.folder / "CODEOWNERS").write_text("")
        run_git(repository.folder, "commit", "--quiet", "--allow-empty", "--all", "-m", "c")
        opened = open_("github", owner=owner, culprit=culprit)
        assert opened.not_asked == (f"{owner}: no account of GitHub", "Ada: no account of GitHub is known")  # fmt: skip
    assert host.asked == []


def test_an_author_whose_commit_github_has_not_is_told(open_, host):
    host.authors.clear()
    (why,) = open_("github").not_asked
    assert why.startswith("Ada: ")
    assert "No commit found for SHA" in why


def test_a_team_is_asked_at_github(open_, host, repository):
    (repository.folder / "CODEOWNERS").write_text("*.py @acme/core\n")
    run_git(repository.folder, "commit", "--quiet", "--all", "-m", "c")
    assert open_("github").asked == ("@acme/core",)
    assert host.asked == ["team core"]


def test_whom_gitlab_does_not_know_or_not_take_is_told(open_, host):
    host.accounts.pop("ada")
    assert open_("gitlab").not_asked == ("Ada: no account of GitLab is known",)


def test_who_is_one_reviewer_too_many_for_gitlab_is_told(open_, host):
    host.most_reviewers = 1
    opened = open_("gitlab")
    assert (opened.asked, opened.not_asked) == (("@ada",), ("@bob: not taken as a reviewer",))


REFUSALS = {
    401: "does not accept the token in {variable}: Bad credentials",
    403: "does not let the token in {variable} do this to acme/shop: no",
    404: "has no acme/shop that the token in {variable} may see: no",
    422: r"refuses a request for acme/shop \(422\): no",
    500: r"refuses a request for acme/shop \(500\): no",
}


@each_host
@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("call", ["GET .*", "POST .*(pulls|merge_requests)"], ids=["read", "write"])
def test_a_refusal_is_one_sentence_and_may_be_tried_again(open_, host, kind, status, call):
    said = "Bad credentials" if status == 401 else "no"
    host.fault = (call, status, {"message": said})
    expected = REFUSALS[status].format(variable=TOKENS[kind][0])
    with pytest.raises(PatchError, match=rf"^{host.url}\S* {expected}$") as caught:
        open_(kind)
    assert "\n" not in str(caught.value)
    assert host.opened == []
    host.fault = None
    assert open_(kind).is_new


@each_host
@pytest.mark.parametrize("answer", ["<html>", "{", "[]", "{}"])
def test_an_answer_of_another_program_is_told(open_, host, kind, answer):
    host.fault = (".*", 200, answer)
    with pytest.raises(
        PatchError, match=rf"^{host.url}\S* does not answer as the API of this host does"
    ):
        open_(kind)


@each_host
def test_a_host_that_is_gone_is_told(open_, host, repository, kind):
    run_git(repository.folder, "remote", "set-url", "origin", "http://127.0.0.1:9/acme/shop.git")
    with pytest.raises(PatchError, match="^http://127.0.0.1:9.*: cannot be reached: no connection"):
        open_(kind)


@each_host
def test_a_refused_push_is_told_with_what_the_remote_said(open_, host, kind):
    hook = host.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'branches are closed today' >&2\nexit 1\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(
        PatchError,
        match=r"does not take the branch.*pre-receive hook declined\); branches are closed today",
    ):
        open_(kind)
    assert host.opened == []
    hook.unlink()
    assert open_(kind).is_new


@each_host
def test_a_branch_with_something_else_on_it_is_not_pushed_over(open_, host, kind):
    run_git(host.bare, "update-ref", f"refs/heads/{BRANCH}", "trunk")
    with pytest.raises(
        PatchError, match="has a branch workbench/fix-R-1 with something else on it"
    ):
        open_(kind)
    assert run_git(host.bare, "rev-parse", BRANCH) == run_git(host.bare, "rev-parse", "trunk")


@each_host
def test_commits_that_the_remote_lacks_are_not_pushed_along(open_, host, kind):
    run_git(host.bare, "update-ref", "refs/heads/trunk", "trunk~1")
    with pytest.raises(PatchError, match="origin lacks 1 commits that the fix stands on"):
        open_(kind)
    assert not host.has_branch(BRANCH)


@each_host
def test_without_a_token_nothing_is_asked(open_, host, kind, monkeypatch):
    for name in TOKENS[kind]:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        PatchError, match=rf"expected a token for {kind} in {' or '.join(TOKENS[kind])}, found none"
    ):
        open_(kind)
    assert host.calls == []


@each_host
def test_a_token_that_is_none_is_told_and_not_shown(open_, host, kind, monkeypatch):
    monkeypatch.setenv(TOKENS[kind][0], "first\nsecond")
    with pytest.raises(PatchError, match="expected a token in one line of plain letters") as caught:
        open_(kind)
    assert "second" not in str(caught.value)


def test_the_other_variable_of_github_counts_too(open_, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    assert open_("github").is_new


@each_host
def test_the_token_is_in_nothing_that_is_said_or_kept(open_, host, kind, repository, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    desk = Desk.of(repository, kind)
    opened = open_(kind)
    host.fault = (".*", 500, {"message": f"{TOKEN} is odd"})
    with pytest.raises(PatchError) as caught:
        open_(kind)
    out, err = capfd.readouterr()
    for told in (
        repr(desk),
        repr(opened),
        str(caught.value),
        repr(caught.value),
        caplog.text,
        out,
        err,
    ):
        assert TOKEN not in told
    files = [path for path in repository.folder.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in files)


@each_host
def test_over_http_git_is_told_the_token_and_no_store_of_credentials_is(
    open_, host, kind, repository, fix, tmp_path, monkeypatch
):
    kept = tmp_path / "credentials"
    (tmp_path / ".gitconfig").write_text(f"[credential]\n\thelper = store --file {kept}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    run_git(repository.folder, "remote", "set-url", "--push", "origin", f"{host.url}/acme/shop.git")
    assert open_(kind).is_new
    assert run_git(host.bare, "rev-parse", BRANCH).strip() == fix.commit
    assert not kept.exists()


@each_host
def test_the_token_goes_to_no_other_host_than_that_of_the_remote(open_, host, kind, repository):
    """The same server under another name, which wants the token and does not get it."""
    url = f"http://localhost:{host.address.partition(':')[2]}/acme/shop.git"
    run_git(repository.folder, "remote", "set-url", "--push", "origin", url)
    with pytest.raises(PatchError, match="does not take the branch.*could not read Username"):
        open_(kind)
    assert host.opened == []


REMOTES = {
    "none": ((), "expected a remote to push to, named origin, found none"),
    "two others": (("one", "two"), "named origin, found none of them among one, two"),
}


@pytest.mark.parametrize(("names", "complaint"), REMOTES.values(), ids=REMOTES)
def test_a_repository_without_its_remote_is_told(make_repository, monkeypatch, names, complaint):
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    bare = make_repository({"app.py": ""}, name="alone")
    for name in names:
        run_git(bare.folder, "remote", "add", name, f"https://{name}.example/acme/shop")
    with pytest.raises(PatchError, match=complaint):
        Desk.of(bare, "github")


URLS = {
    "git@github.com:acme/shop.git": "https://api.github.com acme/shop",
    "ssh://git@git.example:2222/acme/shop.git": "https://git.example/api/v3 acme/shop",
    "https://ada:pw@git.example:8443/acme/shop": "https://git.example:8443/api/v3 acme/shop",
    "http://git.example/acme/shop.git/": "http://git.example/api/v3 acme/shop",
}


@pytest.mark.parametrize(("url", "place"), URLS.items())
def test_where_github_is_is_read_from_the_remote(repository, host, url, place):
    run_git(repository.folder, "remote", "set-url", "origin", url)
    asked = Desk.of(repository, "github").host._asked
    assert f"{asked.url} {asked.project}" == place


def test_the_environment_may_say_where_a_host_is(repository, host, monkeypatch):
    monkeypatch.setenv("GITHUB_API_URL", "https://proxy.example/github/")
    monkeypatch.setenv("CI_SERVER_URL", "https://git.example/gitlab")
    run_git(
        repository.folder, "remote", "set-url", "origin", "git@git.example:gitlab/acme/sub/shop.git"
    )
    asked = Desk.of(repository, "gitlab").host._asked
    assert (asked.url, asked.project) == ("https://git.example/gitlab", "acme/sub/shop")
    run_git(repository.folder, "remote", "set-url", "origin", "git@git.example:acme/shop.git")
    assert Desk.of(repository, "github").host._asked.url == "https://proxy.example/github"


@pytest.mark.parametrize(
    "url", ["/srv/shop.git", "file:///srv/shop.git", "https://ada:pw@[", "https://host"]
)
def test_a_remote_that_is_at_no_host_is_told(repository, host, url):
    run_git(repository.folder, "remote", "set-url", "origin", url)
    with pytest.raises(PatchError, match="expected a remote at a host, such as https://") as caught:
        Desk.of(repository, "github")
    assert "pw" not in str(caught.value)


def test_a_project_that_github_cannot_have_is_told(repository, host):
    run_git(repository.folder, "remote", "set-url", "origin", "git@git.example:acme/sub/shop.git")
    with pytest.raises(
        PatchError, match="expected a project of GitHub, owner/name, got 'acme/sub/shop'"
    ):
        Desk.of(repository, "github")


@pytest.mark.parametrize(("kind", "other"), [("github", "gitlab"), ("gitlab", "github")])
def test_the_token_of_one_host_is_not_told_the_other(repository, host, kind, other):
    run_git(repository.folder, "remote", "set-url", "origin", f"git@{other}.com:acme/shop.git")
    with pytest.raises(PatchError, match=f"expected a remote at {kind}, got one at {other}.com"):
        Desk.of(repository, kind)


def test_another_host_is_told(repository, host):
    with pytest.raises(PatchError, match="expected a host among github, gitlab, got 'gitea'"):
        Desk.of(repository, "gitea")
