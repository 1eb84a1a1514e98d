"""GitLab, at its own address or on a server of one's own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import PatchError
from workbench.patch.handover.refusals import TIMEOUT_S, Asked
from workbench.patch.handover.remote import Remote
from workbench.types import Change, PullRequest


class GitLab:
    """A project at GitLab.

    Parameters
    ----------
    remote : Remote
        Where it is; the server is `CI_SERVER_URL`, else that of the remote.
    token, variable : str
        A token, and the variable that it was found in.
    """

    git_user = "oauth2"

    def __init__(self, remote: Remote, token: str, variable: str) -> None:
        own = f"{remote.scheme}://{remote.address}"
        url = os.environ.get("CI_SERVER_URL", "").rstrip("/") or own
        below = urlsplit(url).path.strip("/")
        path = remote.path.removeprefix(f"{below}/") if below else remote.path
        self._asked = Asked(url, path, variable, token)

    def find(self, branch: str) -> PullRequest | None:
        """Return the request that is open from a branch."""
        with self._told():
            found = self._project().mergerequests.list(
                state="opened", source_branch=branch, get_all=True
            )
            return self._request(found[0], is_new=False) if found else None

    def open(
        self, branch: str, title: str, body: str, author: Change | None, owners: Sequence[str]
    ) -> PullRequest:
        """Open one into the default branch, and ask for reviews whom the host knows."""
        with self._told():
            project = self._project()
        accounts, not_asked = self._accounts(author, owners)
        told = {
            "source_branch": branch, "target_branch": project.default_branch, "title": title,
            "description": body, "reviewer_ids": [*accounts],
        }  # fmt: skip
        try:
            with self._told():
                made = project.mergerequests.create(told)
                taken = {one["id"] for one in made.reviewers}  # one alone, without a licence
                asked = tuple(name for n, name in accounts.items() if n in taken)
                left = [name for name in accounts.values() if name not in asked]
                not_asked += [f"{name}: not taken as a reviewer" for name in left]
                return self._request(made, asked=asked, not_asked=tuple(not_asked))
        except PatchError:
            if there := self.find(branch):  # another opened it meanwhile
                return there
            raise

    def _accounts(
        self, author: Change | None, owners: Sequence[str]
    ) -> tuple[dict[int, str], list[str]]:
        """Return the accounts to ask for reviews, by id, and who has none and why."""
        people = {author.author: author.email} if author else {}
        accounts, without = {}, []
        for name, known_by in (people | {name: name for name in owners}).items():
            try:
                with self._told():
                    account = _account_of(self._client(), known_by)
            except PatchError as error:  # it is opened all the same
                without.append(f"{name}: {error}")
                continue
            if account is None:
                without.append(f"{name}: no account of GitLab is known")
            else:
                accounts[account.id] = f"@{account.username}"
        return accounts, without

    def _request(self, made: Any, **told: Any) -> PullRequest:
        at = datetime.fromisoformat(made.created_at)
        return PullRequest("gitlab", self._asked.address(made.web_url), at, **told)

    def _client(self) -> Any:
        from gitlab import Gitlab

        return Gitlab(
            self._asked.url, private_token=self._asked.token, timeout=TIMEOUT_S, keep_base_url=True
        )

    def _project(self) -> Any:
        return self._client().projects.get(self._asked.project)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the library raises into one sentence."""
        from gitlab.exceptions import GitlabError
        from requests import RequestException

        try:
            yield
        except GitlabError as error:
            raise self._asked.refused(error.response_code, error.error_message) from None
        except RequestException as error:
            raise self._asked.unreached(error) from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # no JSON of GitLab
            raise self._asked.refused(None, f"{type(error).__name__}: {error}") from None


def _account_of(client: Any, known_by: str) -> Any:
    """Return the one account of a name or address; None where there is none, or more."""
    if known_by.startswith("@"):
        found = client.users.list(username=known_by[1:], get_all=False)
    elif "@" in known_by:
        found = client.users.list(search=known_by, get_all=False)
    else:
        found = []
    return found[0] if len(found) == 1 else None
