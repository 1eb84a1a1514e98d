r"""pyinstrument's three kinds of JSON.

`--renderer=json` writes a tree of frames (`root_frame`), the HTML renderer a page with a session of
a tree of identifiers (`frame_tree`), or in older versions of frames, and a saved session the stacks
as sampled (`frame_records`). An
identifier is name, file and line of the function, parted by NUL. Attributes follow `\x01` in a
saved session and have times in a tree: `l` and the line that ran, `c` and the class, `h` for what
asks to be hidden. Of several classes the one with most time is named, as pyinstrument does; of
several lines none.

A row of a saved session is a sample. A tree has a row for each frame with time of its own, to which
`[self]` adds; other frames in brackets (`[await]`, `[out-of-context]`) stay. Its times are rounded
to microseconds, so that a frame's may be that much less than its callees'. What the session lasted
beyond all of them is a row without a stack.
"""

from __future__ import annotations

import json
import math
import re

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Profile, ValueType

TIME = ValueType("time", "seconds")
ROUNDING_S = 1e-6

_IN_PAGE = re.compile(rb"\b(?:sessionData|window\.profileSession) = (?=\{)")

_Place = tuple[str, str, int, int]


def looks_like(content: Content) -> bool:
    """Tell whether the document, or what a page holds, is one of the three kinds."""
    content = _document(content)
    if not content.is_json:
        return False
    page = content.json
    return (
        "frame_records" in page
        or "root_frame" in page
        or ("frame_tree" in page and "session" in page)
    )


def parse(content: Content) -> Profile:
    """Parse a document."""
    page = _document(content).json
    builder = ProfileBuilder(TIME)
    session = page.get("session") or page
    if "frame_records" in page:
        _add_records(page["frame_records"], builder)
    else:
        root = page.get("frame_tree") or page.get("root_frame")
        _add_tree(root, session, builder)
    start, duration = session.get("start_time"), session.get("duration")
    return builder.build(
        time_ns=_nanoseconds(start) if start else None,
        duration_s=float(duration.number()) if duration else None,
    )


def _document(content: Content) -> Content:
    """Return the JSON within a page, or what was given."""
    is_page = content.data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    found = _IN_PAGE.search(content.data) if is_page else None
    if found is None:
        return content
    line = content.data[found.end() :].partition(b"\n")[0].decode("utf-8", "replace")
    try:
        _, end = json.JSONDecoder().raw_decode(line)
    except (ValueError, RecursionError):
        end = line.rfind("}") + 1
    return Content(line[:end].encode())


def _add_records(records: Node, builder: ProfileBuilder) -> None:
    known: dict[str, int] = {}
    for record in records:
        identifiers = record[0]
        frames = []
        for number, identifier in enumerate(identifiers.array()):
            location = known.get(identifier) if type(identifier) is str else None
            if location is None:
                location = _locate(_parts(identifiers[number].text()), builder)
                known[identifier] = location
            frames.append(location)
        builder.sample(builder.stack(frames), record[1].number())


def _add_tree(root: Node | None, session: Node, builder: ProfileBuilder) -> None:
    """Add what each frame of a tree took for itself, and what the session took beyond it."""
    tree = CallTree(builder)
    own: list[int | float] = []
    left = [(root, -1)] if root is not None else []
    while left:
        node, above = left.pop()
        place = _place(node)
        at = above if place[0] == "[self]" else tree.child(above, _locate(place, builder))
        children = list(node.get("children") or ())
        left += [(child, at) for child in reversed(children)]
        rest = _own_time(node, children)
        if rest > 0 or not children:
            builder.sample(tree.stack(at), rest)
            own.append(rest)
    duration = session.get("duration")
    if duration is not None and (rest := duration.number() - math.fsum(own)) > 0:
        builder.sample(tree.stack(-1), rest)


def _own_time(node: Node, children: list[Node]) -> int | float:
    """Return what a frame took beyond its callees; below 0 by as much as rounding explains."""
    time = node["time"].number()
    whole = math.fsum(child["time"].number() for child in children)
    if time < 0 or time - whole < -ROUNDING_S * (len(children) + 1 + abs(time)):
        least = f"at least the {whole:.6f} seconds of its callees"
        raise ParseError(f"expected a time of {least}, got {time}", place=f"{node.place}.time")
    return time - whole if children else time


def _place(node: Node) -> _Place:
    """Return name, file, first line and running line of a frame."""
    if "identifier" in node:
        return _parts(node["identifier"].text(), *_told(node.get("attributes")))
    file, line, owner = (node.get(key) for key in ("file_path", "line_no", "class_name"))
    name = node["function"].text()
    if owner is not None and owner.value:
        name = f"{owner.text()}.{name}"
    return name, file.text() if file else "", line.integer(2**31) if line else 0, 0


def _told(attributes: Node | None) -> tuple[str, str]:
    """Return the line and the class that attributes with times tell."""
    if attributes is None:
        return "", ""
    lines = [key[1:] for key in attributes.object() if key[:1] == "l"]
    classes = {key: attributes[key].number() for key in attributes.object() if key[:1] == "c"}
    owner = max(classes, key=classes.__getitem__, default="")
    return lines[0] if len(lines) == 1 else "", owner[1:]


def _parts(identifier: str, line: str = "", owner: str = "") -> _Place:
    """Return name, file, first line and running line that an identifier tells."""
    text, *attributes = identifier.split("\x01")
    name, file, start = [*text.split("\0"), "", ""][:3]
    told = {attribute[:1]: attribute[1:] for attribute in attributes}
    if owner := told.get("c", owner):
        name = f"{owner}.{name}"
    return name, file, _integer(start), _integer(told.get("l", line))


def _locate(place: _Place, builder: ProfileBuilder) -> int:
    return builder.location(builder.function(*place[:3]), place[3])


def _integer(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _nanoseconds(seconds: Node) -> int | None:
    time = seconds.number()
    return round(time * 1e9) if 0 < time < 9e9 else None
