"""The forms that came before pprof's protobuf, often found under its suffix.

Binary CPU profiles of gperftools (its documentation `cpuprofile-fileformat`): words of 4 or 8 bytes
in either byte order. What follows the samples is a memory map, or for Java the names of addresses.
The text forms are read by `gperftools_text`. A frame that nothing names is named by its address,
in the file that is mapped there. Frames and addresses stay as they are recorded; `go tool pprof`
takes out those of the signal handler and steps back from where calls return to.
"""

from __future__ import annotations

import io
import struct
from array import array

from workbench.errors import ParseError
from workbench.ingest.content import Content
from workbench.ingest.gperftools_frames import Row, build_profile
from workbench.ingest.gperftools_text import is_header, parse_text
from workbench.types import Profile, ValueType

_KINDS = (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
_WORDS = ("<I", ">I", "<Q", ">Q")


def looks_like(content: Content) -> bool:
    """Tell whether the bytes begin as one of the binary or text forms."""
    if _word_format(content.data) is not None:
        return True
    for line in io.BytesIO(content.data):
        if line.strip() and not line.startswith(b"#"):
            return is_header(line[:1000].decode("utf-8", "replace"))
    return False


def parse(content: Content) -> Profile:
    """Parse any of these forms; one row a record, as recorded."""
    form = _word_format(content.data)
    if form is not None:
        return _parse_binary(content.data, form)
    return parse_text(content.text)


def _word_format(data: bytes) -> str | None:
    """Return how the words of a binary profile are written: 0, 3, 0 or 1 for Java, period, 0."""
    for form in _WORDS:
        size = struct.calcsize(form)
        if len(data) >= 5 * size:
            words = struct.unpack_from(f"{form[0]}5{form[1]}", data)
            if words[:2] == (0, 3) and words[2] in (0, 1) and words[3] > 0 and words[4] == 0:
                return form
    return None


def _parse_binary(data: bytes, form: str) -> Profile:
    size = struct.calcsize(form)
    period_us = struct.unpack_from(form, data, 3 * size)[0]
    if period_us > 10**12:
        raise ParseError(f"expected a period below 10**12 us, got {period_us}", place="byte 0")
    rows, at = [], 5 * size
    while True:
        if at + 2 * size > len(data):
            raise ParseError("expected a record or the end mark", place=f"byte {at}")
        count, depth = struct.unpack_from(f"{form[0]}2{form[1]}", data, at)
        at += 2 * size
        if depth * size > len(data) - at or count > 2**53:
            raise ParseError(
                f"expected a record, got a count of {count} and {depth} frames",
                place=f"byte {at - 2 * size}",
            )
        addresses = array("Q", struct.unpack_from(f"{form[0]}{depth}{form[1]}", data, at))
        at += depth * size
        if count == 0 and depth == 1 and addresses[0] == 0:
            break
        rows.append(Row((count, count * period_us * 1000), addresses, {}))
    tail = data[at:].decode("utf-8", "replace").split("\n")
    return build_profile(_KINDS, rows, tail, default_value=1)
