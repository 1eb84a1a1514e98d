"""Which packages a change moved to another version, as manifests and lock files tell it.

Only changed lines are looked at. A lock file that changed the line of a version alone says that
something moved and not what; its name is then read from the archives beside it, where it has any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from workbench.history import Hunk

_VERSION = r"(?P<version>\d[\w.+-]*)"
_DOTTED = r"(?P<version>\d+\.[\w.+-]*)"  # a number alone may be anything
_NAME = r"(?P<name>[A-Za-z][\w./-]*?)"
_EXTRAS = r"\s*(?:\[[\w,\s.-]*\])?\s*"
_REQUIREMENT = rf"{_NAME}{_EXTRAS}(?:===?|>=|~=|<=|>|<)\s*v?{_VERSION}"  # codec[fast]>=1.2
_WANTED = rf"(?:[\^~>=<]+\s*v?{_VERSION}|v?{_DOTTED})".replace("?P<version>", "?P<range>", 1)
_MODULE = r"(?P<name>[\w-]+\.[\w.-]+/[\w./~-]+)"  # of Go
_ARCHIVE = (  # …/codec-1.3.0-py3-none-any.whl, left-17.0.2.tgz
    r"(?P<name>[A-Za-z][\w.]*(?:-[A-Za-z][\w.]*)*)-(?P<version>\d[\w.+]*?)"
    r"(?:-(?:py|cp|pp)\d[\w.-]*)?\.(?:whl|tar\.gz|tgz|zip|crate|gem)\b"
)


class _Format(NamedTuple):
    """How one kind of file says which version of a package is wanted."""

    path: re.Pattern[str]
    lines: tuple[re.Pattern[str], ...]
    pairs: tuple[re.Pattern[str], re.Pattern[str]] | None = None
    """A line with the name, and a later one with the version."""


def _format(path: str, *lines: str, pairs: tuple[str, str] | None = None) -> _Format:
    named = re.compile(rf"(?:^|/)(?:{path})$")
    both = (re.compile(pairs[0]), re.compile(pairs[1])) if pairs else None
    return _Format(named, tuple(re.compile(line) for line in lines), both)


_FORMATS = (
    _format(
        r"[\w.-]*(?:requirements|constraints)[\w.-]*\.(?:txt|in)|requirements/[\w./-]+\.(?:txt|in)",
        rf"^\s*{_REQUIREMENT}",
    ),
    _format(r"environment\.ya?ml", rf"^\s*-\s*[\"']?{_NAME}{_EXTRAS}(?:[=>~<]+)\s*{_VERSION}"),
    _format(
        r"pyproject\.toml|Pipfile|[\w.-]+\.versions\.toml",
        rf"[\"']{_REQUIREMENT}",
        rf"^\s*[\"']?{_NAME}[\"']?\s*=\s*[\"']{_WANTED}",
        rf"^\s*{_NAME}\s*=\s*\{{.*\bversion\s*=\s*[\"']{_WANTED}",
    ),
    _format(
        r"Cargo\.toml",
        rf"^\s*{_NAME}\s*=\s*[\"'][\^~>=<\s]*{_VERSION}",
        rf"^\s*{_NAME}\s*=\s*\{{.*\bversion\s*=\s*[\"'][\^~>=<\s]*{_VERSION}",
    ),
    _format(r"setup\.py", rf"[\"']{_REQUIREMENT}"),
    _format(r"setup\.cfg", rf"^\s*{_REQUIREMENT}"),
    _format(
        r"package\.json|composer\.json",
        rf"^\s*\"(?P<name>@?[A-Za-z][\w./@-]*)\"\s*:\s*\"{_WANTED}",
    ),
    _format(
        r"go\.mod", rf"^\s*(?:require\s+)?{_MODULE}\s+v{_VERSION}(?!.*=>)",
        rf"^\s*(?:replace\s+)?{_MODULE}(?:\s+v\S+)?\s+=>\s+\S+\s+v{_VERSION}",
    ),
    _format(
        r"pom\.xml", rf"<{_NAME}(?:[.-]v|V)ersion>{_VERSION}</",
        pairs=(r"<artifactId>(?P<name>[^<]+)</", rf"<version>{_VERSION}</"),
    ),
    _format(r"[\w.-]+\.(?:cs|fs|vb)proj|[\w.-]+\.props",
            rf"Include=\"{_NAME}\"\s+Version=\"{_VERSION}\""),
    _format(
        r"build\.gradle(?:\.kts)?", rf"[\"'](?P<name>[A-Za-z][\w.-]*:[\w.-]+):{_VERSION}",
        rf"\bid\s*\(?[\"']{_NAME}[\"']\)?\s+version\s+[\"']{_VERSION}",
    ),
    _format(r"Gemfile", rf"^\s*gem\s+[\"']{_NAME}[\"']\s*,\s*[\"'][~>=\s]*{_VERSION}"),
    _format(r"Gemfile\.lock", rf"^\s+{_NAME}\s+\({_VERSION}\)"),
    _format(r"pnpm-lock\.yaml", rf"^\s*[\"']?/?(?P<name>@?[A-Za-z][\w./-]*)@{_VERSION}"),
    _format(
        r"[\w.-]*\.lock|package-lock\.json", _ARCHIVE,
        pairs=(
            r"^\s*(?:name\s*=\s*\"(?P<name>[^\"]+)\"|\"name\":\s*\"(?P<json>[^\"]+)\""
            r"|\"node_modules/(?P<module>[^\"]+)\"|\"?(?P<yarn>@?[\w./-]+)@[^:]+:[^:]*:?\s*$"
            r"|\"(?P<pipenv>[A-Za-z][\w.-]*)\":\s*\{)",
            rf"^\s*\"?version\"?\s*[:=]?\s*\"?[=v]*{_VERSION}",
        ),
    ),
)  # fmt: skip
_ABOUT_ITSELF = frozenset(
    "version edition rust-version python python_version requires-python target-version minversion "
    "lockfileVersion lockfile-version node npm php language_level current_version min_python "
    "fail_under minimum_pre_commit_version opt-level packageManager".split()
)
"""Keys of a manifest that hold a version, of no package."""


def is_manifest(path: str) -> bool:
    """Tell whether a file says which versions of other packages are wanted."""
    return any(known.path.search(path) for known in _FORMATS)


def bumped(hunks: Sequence[Hunk]) -> dict[str, tuple[str, str]]:
    """Return the packages whose version a change moved, with both versions (empty for none)."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for hunk in hunks:
        known = next((known for known in _FORMATS if known.path.search(hunk.path)), None)
        if known is not None:
            before |= _pins(known, hunk.removed)
            after |= _pins(known, hunk.added)
    names = before.keys() | after.keys()
    moved = {name: (before.get(name, ""), after.get(name, "")) for name in sorted(names)}
    return {name: versions for name, versions in moved.items() if versions[0] != versions[1]}


def _pins(known: _Format, lines: Sequence[str]) -> dict[str, str]:
    return {name: version for name, version in _read(known, lines) if name not in _ABOUT_ITSELF}


def _read(known: _Format, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield names and versions; from the names of archives only where nothing else names any."""
    paired = list(_pairs(known, lines))
    yield from paired
    if not paired:
        for line in lines:
            for pin in (pin for pattern in known.lines for pin in pattern.finditer(line)):
                found = pin.groupdict()
                yield found["name"], found["version"] or found["range"]


def _pairs(known: _Format, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    named = ""
    for line in lines if known.pairs else ():
        name, version = (pattern.search(line) for pattern in known.pairs or ())
        if name:
            named = next(filter(None, name.groups()))
        elif named and version:
            yield named, version["version"]
            named = ""
