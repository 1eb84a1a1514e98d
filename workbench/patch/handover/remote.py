"""The remote of a repository: where it is, and a commit pushed to it as a branch of its own."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.errors import HistoryError, PatchError
from workbench.history import Repository, run_git

_TIMEOUT_S = 120.0
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<address>[^/:]+):(?P<path>(?!//).+)")
_OF_GIT = ("GIT_SSH", "GIT_SSH_COMMAND")
"""How the user has git call ssh."""
_PASSWORD = "WORKBENCH_PUSH_PASSWORD"
"""Variable that the token is in where git runs: no list of processes shows it."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a repository was cloned from."""

    name: str
    push_url: str
    scheme: str
    """`http`, or else `https`: how its host is asked for anything but git."""
    address: str
    """Name of the host, with the port where that is one of HTTP."""
    path: str
    """Of the project there, such as `owner/name`."""


def find_remote(repository: Repository) -> Remote:
    """Return the only remote, or that named `origin`; PatchError where there is none at a host."""
    folder = repository.folder
    names = run_git(folder, "remote").split()
    chosen = names[0] if len(names) == 1 else "origin"
    if chosen not in names:
        told = f"none of them among {', '.join(names)}" if names else "none"
        raise PatchError(f"{folder}: expected a remote to push to, named origin, found {told}")
    url = run_git(folder, "remote", "get-url", chosen).strip()
    push_url = run_git(folder, "remote", "get-url", "--push", chosen).strip()
    scheme, address, path = _parse(url)
    if not (address and path):
        raise PatchError(
            f"{folder}: expected a remote at a host, such as https://host/owner/name.git, "
            f"got {without_user(url)}"
        )
    return Remote(chosen, push_url, scheme, address, path)


def push_branch(
    repository: Repository, remote: Remote, commit: str, branch: str, user: str, token: str
) -> None:
    """Push one commit as a branch; nothing where it is there, PatchError where that is refused.

    What the remote does not have besides the commit itself is never pushed with it. Over HTTP git
    is told the token, which no credential store of the user hears of; over ssh it is not needed.
    """
    env = _environment(remote, user, token)
    try:
        heads = _heads(repository, remote, env)
        there = heads.get(f"refs/heads/{branch}")
        if there == commit:
            return
        if there is not None:
            raise PatchError(
                f"{remote.name} has a branch {branch} with something else on it, {there[:12]}: "
                "nothing was pushed over it"
            )
        n_missing = _count_missing(repository, commit, {*heads.values()})
        if n_missing > 1:
            raise PatchError(
                f"{repository.folder}: {remote.name} lacks {n_missing - 1} commits that the fix "
                "stands on: expected them to be pushed before it"
            )
        run_git(
            repository.folder, "push", "--no-follow-tags", "--", remote.push_url,
            f"{commit}:refs/heads/{branch}", env=env, timeout_s=_TIMEOUT_S,
        )  # fmt: skip
    except HistoryError as error:
        why = _reason(error).replace(remote.push_url, without_user(remote.push_url))
        raise PatchError(
            f"{remote.name} ({without_user(remote.push_url)}) does not take the branch {branch}: "
            f"{why.replace(token, '…') if token else why}"
        ) from None


def without_user(url: str) -> str:
    """Return a URL without the name and password that may stand in it."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)


def _parse(url: str) -> tuple[str, str, str]:
    """Return (scheme, address, path); empty where a URL is of no host."""
    if found := _SCP.fullmatch(url):
        return "https", found["address"], _project(found["path"])
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # such as a port that is no number
        return "", "", ""
    if parts.scheme not in ("http", "https", "ssh", "git+ssh", "git"):
        return "", "", ""
    is_web = parts.scheme.startswith("http")
    address = f"{parts.hostname}:{port}" if is_web and port else parts.hostname or ""
    return "http" if parts.scheme == "http" else "https", address, _project(parts.path)


def _project(path: str) -> str:
    return path.strip("/").removesuffix(".git")


def _environment(remote: Remote, user: str, token: str) -> dict[str, str]:
    env = {name: os.environ[name] for name in _OF_GIT if name in os.environ}
    scheme, address, _ = _parse(remote.push_url)
    is_web = remote.push_url.startswith(("http://", "https://"))
    if not is_web or (scheme, address) != (remote.scheme, remote.address):
        return env  # the token is for the host alone
    said = f'printf "username={user}\\npassword=%s\\n" "${_PASSWORD}"'
    return env | {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",  # those of the user would be told the token, to keep it
        "GIT_CONFIG_KEY_1": f"credential.{scheme}://{address}.helper",
        "GIT_CONFIG_VALUE_1": f'!f() {{ test "$1" = get && {said}; }}; f',
        _PASSWORD: token,
    }


def _heads(repository: Repository, remote: Remote, env: dict[str, str]) -> dict[str, str]:
    """Return the commit of each ref that the remote has."""
    told = run_git(
        repository.folder, "ls-remote", "--", remote.push_url, env=env, timeout_s=_TIMEOUT_S
    )
    rows = (line.split("\t", 1) for line in told.splitlines())
    return {name: commit for commit, name in rows}


def _count_missing(repository: Repository, commit: str, there: set[str]) -> int:
    """Return how many commits up to one are in none of those that the remote has."""
    asked = "".join(f"{one}\n" for one in sorted(there))
    told = run_git(
        repository.folder, "cat-file", "--batch-check=%(objecttype) %(objectname)", stdin=asked
    )
    rows = (line.split() for line in told.splitlines())
    known = [name for kind, name in rows if kind in ("commit", "tag")]
    revisions = "".join(f"{line}\n" for line in (commit, *(f"^{name}" for name in known)))
    return int(run_git(repository.folder, "rev-list", "--count", "--stdin", stdin=revisions))


def _reason(error: HistoryError) -> str:
    """Return why git could not push, in one line: what was rejected, and what the remote said."""
    lines = [line.strip() for line in error.said.splitlines()]
    rejected = [line.removeprefix("! ") for line in lines if line.startswith("! [")]
    remote = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    fatal = [line for line in lines if line.startswith("fatal:")]
    told = [*rejected, *filter(None, remote)] or fatal or [str(error)]
    return "; ".join(told[:3])
