"""GitHub, at its own address or on a server of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.errors import PatchError
from workbench.patch.handover.refusals import TIMEOUT_S, Asked
from workbench.patch.handover.remote import Remote
from workbench.types import Change, PullRequest

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as Opened
    from github.Repository import Repository as Project

_OTHERS = (AssertionError, AttributeError, KeyError, RuntimeError, TypeError, ValueError)
"""What the library raises of answers that are not GitHub's."""


class GitHub:
    """A project at GitHub.

    Parameters
    ----------
    remote : Remote
        Where it is; the API is at `GITHUB_API_URL`, else where GitHub has it.
    token, variable : str
        A token, and the variable that it was found in.
    """

    git_user = "x-access-token"

    def __init__(self, remote: Remote, token: str, variable: str) -> None:
        if remote.path.count("/") != 1:
            raise PatchError(f"expected a project of GitHub, owner/name, got {remote.path!r}")
        is_theirs = remote.address == "github.com"
        server = f"{remote.scheme}://{remote.address}"
        own = "https://api.github.com" if is_theirs else f"{server}/api/v3"
        url = os.environ.get("GITHUB_API_URL", "").rstrip("/") or own
        self._asked = Asked(url, remote.path, variable, token)

    def find(self, branch: str) -> PullRequest | None:
        """Return the request that is open from a branch."""
        with self._told():
            owner = self._asked.project.partition("/")[0]
            found = list(self._project().get_pulls(state="open", head=f"{owner}:{branch}"))
            ours = [pull for pull in found if pull.head.ref == branch]
            if not ours:
                return None
            url, at = self._asked.address(ours[0].html_url), ours[0].created_at
            return PullRequest("github", url, at, is_new=False)

    def open(
        self, branch: str, title: str, body: str, author: Change | None, owners: Sequence[str]
    ) -> PullRequest:
        """Open one into the default branch, and ask for reviews whom the host knows."""
        with self._told():
            project = self._project()
        try:
            with self._told():
                made = project.create_pull(project.default_branch, branch, title=title, body=body)
                url, at = self._asked.address(made.html_url), made.created_at
        except PatchError:
            if there := self.find(branch):  # another opened it meanwhile
                return there
            raise
        asked, not_asked = self._ask(project, made, author, owners)
        return PullRequest("github", url, at, tuple(asked), tuple(not_asked))

    def _ask(
        self, project: Project, made: Opened, author: Change | None, owners: Sequence[str]
    ) -> tuple[list[str], list[str]]:
        """Ask for reviews, each by itself: GitHub refuses all where it refuses one."""
        names = [name for name in owners if name.startswith("@") and not name.startswith("@@")]
        not_asked = [f"{name}: no account of GitHub" for name in owners if name not in names]
        if author is not None:
            try:
                account = self._account_of(project, author)
            except PatchError as error:  # it is open all the same
                not_asked.append(f"{author.author}: {error}")
            else:
                names = [*dict.fromkeys([account, *names])] if account else names
                not_asked += [] if account else [f"{author.author}: no account of GitHub is known"]
        asked = []
        for name in names:
            _, is_team, team = name.partition("/")
            try:
                with self._told():
                    if is_team:
                        made.create_review_request(team_reviewers=[team])
                    else:
                        made.create_review_request(reviewers=[name.removeprefix("@")])
            except PatchError as error:
                not_asked.append(f"{name}: {error}")
            else:
                asked.append(name)
        return asked, not_asked

    def _account_of(self, project: Project, author: Change) -> str:
        """Return the account that made a commit; empty where GitHub knows none."""
        if author.kind != "commit":
            return ""
        with self._told():
            account = project.get_commit(author.id).author
            return f"@{account.login}" if account else ""

    def _project(self) -> Project:
        from github import Auth, Github

        client = Github(
            base_url=self._asked.url, auth=Auth.Token(self._asked.token), timeout=TIMEOUT_S,
            retry=None, seconds_between_requests=None, seconds_between_writes=None,
        )  # fmt: skip
        return client.get_repo(self._asked.project)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the library raises into one sentence."""
        from github import BadAttributeException, GithubException
        from requests import RequestException

        try:
            yield
        except GithubException as error:
            raise self._asked.refused(error.status, _said(error.data)) from None
        except RequestException as error:
            raise self._asked.unreached(error) from None
        except (*_OTHERS, BadAttributeException) as error:
            raise self._asked.refused(None, f"{type(error).__name__}: {error}") from None


def _said(data: Any) -> str:
    """Return what an answer says is wrong."""
    if not isinstance(data, dict):
        return str(data)
    details = [
        str(one.get("message") or one.get("code") or one) if isinstance(one, dict) else str(one)
        for one in data.get("errors") or ()
    ]
    return "; ".join([str(data.get("message", "")), *details])
