"""The one way in: unpack, tell the format from the content, hand over to its parser."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest import (
    austin,
    callgrind,
    chrome_trace,
    cpuprofile,
    firefox,
    folded,
    gperftools,
    jfr,
    mojo,
    otlp,
    perf_script,
    pprof,
    pstats,
    pyinstrument,
    scalene,
    speedscope,
)
from workbench.ingest.content import MOST_BYTES, Content, unpack
from workbench.ingest.others import describe, name_other
from workbench.types import Profile


class Format(NamedTuple):
    """How one profile format is told and read; either may raise ParseError, and nothing else."""

    looks_like: Callable[[Content], bool]
    parse: Callable[[Content], Profile]


FORMATS: dict[str, Format] = {
    "jfr": Format(jfr.looks_like, jfr.parse),
    "mojo": Format(mojo.looks_like, mojo.parse),
    "gperftools": Format(gperftools.looks_like, gperftools.parse),
    "speedscope": Format(speedscope.looks_like, speedscope.parse),
    "cpuprofile": Format(cpuprofile.looks_like, cpuprofile.parse),
    "chrome_trace": Format(chrome_trace.looks_like, chrome_trace.parse),
    "pyinstrument": Format(pyinstrument.looks_like, pyinstrument.parse),
    "firefox": Format(firefox.looks_like, firefox.parse),
    "scalene": Format(scalene.looks_like, scalene.parse),
    "pstats": Format(pstats.looks_like, pstats.parse),
    "otlp": Format(otlp.looks_like, otlp.parse),
    "pprof": Format(pprof.looks_like, pprof.parse),
    "callgrind": Format(callgrind.looks_like, callgrind.parse),
    "perf_script": Format(perf_script.looks_like, perf_script.parse),
    "austin": Format(austin.looks_like, austin.parse),
    "folded": Format(folded.looks_like, folded.parse),
}
"""Every format that `read` knows, by name, in the order in which they are tried."""


def read(
    source: Path | str | bytes, *, format: str | None = None, most_bytes: int = MOST_BYTES
) -> Profile:
    """Read a profile, plain or in gzip or zstd.

    Parameters
    ----------
    source : path or bytes
        A file, or its content.
    format : str, optional
        A name in `FORMATS`. Default: told from the content; the suffix is not looked at.
    most_bytes : int
        What a compressed file may grow to.

    Raises
    ------
    ParseError
        Names the file, the place in it, what was seen and what was expected.
    """
    if not isinstance(source, str | PathLike | bytes):
        raise ParseError(f"expected the path of a profile, or its content, got {source!r:.80}")
    path = None if isinstance(source, bytes) else Path(source)
    if path is not None and (path.is_dir() or not path.exists()):
        seen = "a folder" if path.is_dir() else "no such file"
        raise ParseError(f"expected a profile, found {seen}", path)
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        return parse(Content(unpack(data, most_bytes)), format)
    except ParseError as error:
        raise error.within(path) from error


def parse(content: Content, name: str | None = None) -> Profile:
    """Parse content in a format, by default the one that it looks like."""
    if name is not None and name not in FORMATS:
        raise ParseError(f"expected a format among {', '.join(FORMATS)}, got {name!r}")
    found = find_format(content) if name is None else name
    if found is None:
        raise unknown(content)
    return FORMATS[found].parse(content)


def unknown(content: Content) -> ParseError:
    """Return the complaint about content in none of the formats: as much as is known of it."""
    if content.data.lstrip()[:1] in (b"{", b"["):
        try:
            content.json  # noqa: B018 (what is wrong with it is the complaint)
        except ParseError as error:
            return error
    other = name_other(content)
    expected = "a profile" if other else f"a profile ({', '.join(FORMATS)})"
    return ParseError(f"expected {expected}, got {other or describe(content)}")


def find_format(content: Content) -> str | None:
    """Return the name of the format that content looks like; None for none."""
    return next((name for name, f in FORMATS.items() if f.looks_like(content)), None)
