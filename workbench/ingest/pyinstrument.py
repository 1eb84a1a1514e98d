r"""pyinstrument's three kinds of JSON.

`--renderer=json` writes a tree of frames (`root_frame`), the HTML renderer a session with a tree of
identifiers (`frame_tree`), and a saved session the stacks as sampled (`frame_records`). An
identifier is name, file and line of the function, parted by NUL, with attributes after `\x01`
(`l` and the line that ran, `c` and the class). A tree has a row for each frame with time of its
own; what the session lasted beyond all of them is a row without a stack.
"""

from __future__ import annotations

import math

from workbench.ingest.content import Content, Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Profile, ValueType

TIME = ValueType("time", "seconds")


def looks_like(content: Content) -> bool:
    """Tell whether the document is one of the three kinds."""
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
    page = content.json
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


def _add_records(records: Node, builder: ProfileBuilder) -> None:
    for record in records:
        frames = [_identified(node, builder) for node in record[0]]
        builder.sample(builder.stack(frames), record[1].number())


def _add_tree(root: Node | None, session: Node, builder: ProfileBuilder) -> None:
    """Add what each frame of a tree took for itself, and what the session took beyond it."""
    tree = CallTree(builder)
    own: list[int | float] = []
    left = [(root, -1)] if root is not None else []
    while left:
        node, above = left.pop()
        location = _location(node, builder)
        at = above if location is None else tree.child(above, location)
        children = list(node.get("children") or ())
        left += [(child, at) for child in reversed(children)]
        rest = node["time"].number() - math.fsum(child["time"].number() for child in children)
        if rest > 0 or not children:
            builder.sample(tree.stack(at), rest)
            own.append(rest)
    duration = session.get("duration")
    if duration is not None and (rest := duration.number() - math.fsum(own)) > 0:
        builder.sample(tree.stack(-1), rest)


def _location(node: Node, builder: ProfileBuilder) -> int | None:
    """Return where a frame stands; None for what is time of the frame above (`[self]`)."""
    if "identifier" in node:
        lines = [key for key in (node.get("attributes") or Node({}, "")).object() if key[:1] == "l"]
        place = _parts(node["identifier"].text(), lines[0] if len(lines) == 1 else "")
    else:
        file, line, owner = (node.get(key) for key in ("file_path", "line_no", "class_name"))
        name = node["function"].text()
        if owner is not None and owner.value:
            name = f"{owner.text()}.{name}"
        start = line.integer(2**31) if line else 0
        place = (name, file.text() if file else "", start, 0)
    if place[0] == "[self]":
        return None
    return builder.location(builder.function(*place[:3]), place[3])


def _identified(node: Node, builder: ProfileBuilder) -> int:
    name, file, start, line = _parts(node.text(), "")
    return builder.location(builder.function(name, file, start), line)


def _parts(identifier: str, line: str) -> tuple[str, str, int, int]:
    """Return name, file, first line and running line that an identifier tells."""
    text, *attributes = identifier.split("\x01")
    name, file, start = [*text.split("\0"), "", ""][:3]
    told = {attribute[:1]: attribute[1:] for attribute in attributes}
    if told.get("c"):
        name = f"{told['c']}.{name}"
    return name, file, _integer(start), _integer(told.get("l") or line[1:])


def _integer(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _nanoseconds(seconds: Node) -> int | None:
    time = seconds.number()
    return round(time * 1e9) if 0 < time < 9e9 else None
