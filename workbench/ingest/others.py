"""What a file is that is no profile we read, so that its complaint can say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workbench.ingest.content import Content
from workbench.ingest.series.tables import is_csv

_MAGIC = {
    b"PERFILE2": "a recording of perf: write it as text with `perf script`",
    b"memray\0": "a recording of memray, which is for its own reports",
    b"gmon\1": "a recording of gprof, which holds no names",
    b"desc: --massif": "a heap profile of Massif",
    b"goroutine ": "a dump of goroutines: take it as pprof, with debug=0",
    b"--- symbol": "the raw form of pprof: write it as protobuf with `pprof -proto`",
    b"SQLite format 3\0": "a SQLite database",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"\x1f\x8b": "gzip within gzip: unpack it first",
    b"\x89PNG": "a picture (PNG)",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet table",
    b"\x04\x22\x4d\x18": "LZ4, as of recordings of memray, which are for its own reports",
    b"BZh": "bzip2: unpack it first",
    b"\xfd7zXZ\0": "xz: unpack it first",
    b"<!DOCTYPE": "a page of HTML",
    b"<html": "a page of HTML",
    b"<svg": "a picture (SVG)",
    b"<?xml": "XML",
}


def _is_heap_profile(page: dict[str, Any]) -> bool:
    return isinstance(page.get("head"), dict) and "selfSize" in page["head"]


def _is_stackprof(page: dict[str, Any]) -> bool:
    return "frames" in page and "mode" in page and ("raw" in page or "samples" in page)


_JSON: dict[str, Callable[[dict[str, Any]], bool]] = {
    "a heap profile of V8": _is_heap_profile,
    "a heap snapshot of V8": lambda page: "snapshot" in page and "nodes" in page,
    "a dump of stackprof": _is_stackprof,
    "a heap profile of DHAT": lambda page: "dhatFileVersion" in page,
    "results of benchmarks, not a profile": lambda page: "benchmarks" in page,
    "a notebook": lambda page: "cells" in page and "nbformat" in page,
}


def describe(content: Content) -> str:
    """Return what content is, if it is known, else how it begins."""
    begin = content.data[:40]
    is_text = not set(begin) - {*b"\t\r\n", *range(32, 127)}
    shown = f"text that begins {begin.decode()!r}" if is_text else repr(begin)
    return name_other(content) or shown


def name_other(content: Content) -> str | None:
    """Return what content is, if it is known; None if it is not."""
    if not content.data:
        return "an empty file"
    start = content.data.lstrip()[:16]
    page = content.json.value if content.is_json else None
    if content.data[257:262] == b"ustar":
        return "a tar archive: unpack it first"
    if is_csv(content):
        return "a table of series (CSV), which workbench.ingest.series.read_series reads"
    names = [name for magic, name in _MAGIC.items() if start.startswith(magic)]
    if isinstance(page, dict):
        names += [name for name, fits in _JSON.items() if fits(page)]
    return names[0] if names else None
