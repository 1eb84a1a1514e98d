"""The one way in: sniff the content, never trust the suffix, hand over to the format's parser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.folded import looks_folded, parse_folded
from workbench.types import Profile


class Format(NamedTuple):
    """How one profile format is told and read."""

    looks_like: Callable[[bytes], bool]
    parse: Callable[[bytes, object], Profile]


FORMATS: dict[str, Format] = {"folded": Format(looks_folded, parse_folded)}
"""Every format that `read` knows, by name, in the order in which they are tried."""


def read(source: Path | str | bytes, *, format: str | None = None) -> Profile:
    """Read a profile.

    Parameters
    ----------
    source : path or bytes
        A file, or its content.
    format : str, optional
        A name in `FORMATS`. Default: told from the content.
    """
    path = None if isinstance(source, bytes) else Path(source)
    if path is not None and not path.is_file():
        raise ParseError("expected a profile, found no such file", path)
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if format is not None and format not in FORMATS:
        raise ParseError(f"expected a format among {', '.join(FORMATS)}, got {format!r}", path)
    for name, candidate in FORMATS.items():
        if format == name or (format is None and candidate.looks_like(data)):
            return candidate.parse(data, path)
    raise ParseError(f"expected one of {', '.join(FORMATS)}, got {data[:40]!r}", path)
