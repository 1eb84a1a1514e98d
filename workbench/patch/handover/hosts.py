"""Open a pull request for a fix where the remote of its repository is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workbench.errors import PatchError
from workbench.history import Repository
from workbench.patch.handover.github import GitHub
from workbench.patch.handover.gitlab import GitLab
from workbench.patch.handover.owners import find_owners
from workbench.patch.handover.remote import Remote, find_remote, push_branch
from workbench.types import Change, Fix, PullRequest

TOKENS = {"github": ("GITHUB_TOKEN", "GH_TOKEN"), "gitlab": ("GITLAB_TOKEN",)}
"""Hosts, and the variables of the environment that a token of each is in."""

_THEIRS = {"github.com": "github", "gitlab.com": "gitlab"}


class _Host(Protocol):
    """What a host is asked; PatchError, in one sentence, where it does not do it."""

    git_user: str
    """Name that it wants with a token where git asks for a password."""

    def find(self, branch: str) -> PullRequest | None:
        """Return the request that is open from a branch."""

    def open(
        self, branch: str, title: str, body: str, author: Change | None, owners: Sequence[str]
    ) -> PullRequest:
        """Open one into the default branch, and ask for reviews whom the host knows."""


_HOSTS: Mapping[str, Callable[[Remote, str, str], _Host]] = {"github": GitHub, "gitlab": GitLab}


@dataclass(frozen=True, slots=True)
class Desk:
    """A host to hand fixes of a repository to, with what is needed for that."""

    name: str
    """`github` or `gitlab`."""
    repository: Repository
    remote: Remote
    host: _Host
    token: str = field(repr=False)

    @classmethod
    def of(cls, repository: Repository, host: str) -> Desk:
        """Return that of a repository's remote; PatchError where there is no remote, or no token.

        Nothing is asked yet.
        """
        if host not in _HOSTS:
            raise PatchError(f"expected a host among {', '.join(_HOSTS)}, got {host[:80]!r}")
        remote = find_remote(repository)
        if _THEIRS.get(remote.address, host) != host:  # which is not to be told the token
            raise PatchError(
                f"{repository.folder}: expected a remote at {host}, got one at {remote.address}"
            )
        variable, token = _find_token(host)
        return cls(host, repository, remote, _HOSTS[host](remote, token, variable), token)

    def open(self, fix: Fix, head: str, culprit: Change | None, owner: str = "") -> PullRequest:
        """Push the branch of a fix and open a request for it, unless one is open from there.

        Parameters
        ----------
        fix : Fix
            Verified, and committed on its branch.
        head : str
            The revision that the fix is of, in which CODEOWNERS is read.
        culprit : Change or None
            What it mends; its author is asked for a review.
        owner : str
            Who answers for the code where no CODEOWNERS says so.
        """
        there = self.host.find(fix.branch)
        if there is not None:
            return there
        user, remote = self.host.git_user, self.remote
        push_branch(self.repository, remote, fix.commit, fix.branch, user, self.token)
        owners = find_owners(self.repository, head, fix.patch.files, owner)
        title, _, body = fix.pull_request.partition("\n")
        return self.host.open(
            fix.branch, title.removeprefix("# ").strip(), body.strip() + "\n", culprit, owners.names
        )


def _find_token(host: str) -> tuple[str, str]:
    """Return the variable that a token is in, and the token."""
    for name in TOKENS[host]:
        token = os.environ.get(name, "").strip()
        if not token:
            continue
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise PatchError(f"{name}: expected a token in one line of plain letters")
        return name, token
    raise PatchError(f"expected a token for {host} in {' or '.join(TOKENS[host])}, found none")
