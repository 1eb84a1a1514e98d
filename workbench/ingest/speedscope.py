"""speedscope's file format, `sampled` and `evented` profiles.

Specification: speedscope.app/file-format-schema.json. The profiles of a file are its threads: each
sample carries the name of its profile as label `thread`. What this project wrote is the other way
round, a profile for each value type of the same samples, and is read back so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.profile.save import EXPORTER
from workbench.types import Profile, ValueType

VALUE_TYPES = {
    "none": ValueType("samples", "count"),
    "bytes": ValueType("space", "bytes"),
    **{u: ValueType("time", u) for u in ("nanoseconds", "microseconds", "milliseconds", "seconds")},
}
"""What a value of each unit is taken for."""


def looks_like(content: Content) -> bool:
    """Tell whether the document has frames and profiles of the format."""
    if not content.is_json:
        return False
    page = content.json
    return "profiles" in page and "shared" in page and "frames" in page["shared"]


def parse(content: Content) -> Profile:
    """Parse a file; one row a sample, or a span between events in which time passed."""
    page = content.json
    profiles = list(page["profiles"])
    exporter = page.get("exporter")
    if exporter is not None and exporter.value == EXPORTER and profiles:
        return _own(page, profiles)
    units = {node["unit"].text() for node in profiles} or {"none"}
    for node in profiles:
        if node["unit"].text() not in VALUE_TYPES:
            raise node["unit"].unlike(f"one of {', '.join(VALUE_TYPES)}")
    builder = ProfileBuilder(*(VALUE_TYPES[unit] for unit in VALUE_TYPES if unit in units))
    frames = _frames(page, builder)
    for node in profiles:
        column = builder.value_types.index(VALUE_TYPES[node["unit"].text()])
        before = [0] * column
        after = [0] * (len(builder.value_types) - column - 1)
        labels = {"thread": node["name"].text()} if len(profiles) > 1 else {}
        for stack, weight in _samples(node, builder, frames):
            builder.sample(stack, *before, weight, *after, labels=labels)
    return builder.build()


def _own(page: Node, profiles: list[Node]) -> Profile:
    """Read what `Profile.save` wrote: profile by profile the same samples."""
    kinds = [ValueType(*node["name"].text().rpartition("/")[::2]) for node in profiles]
    builder = ProfileBuilder(*kinds)
    frames = _frames(page, builder)
    stacks = [stack for stack, _ in _samples(profiles[0], builder, frames)]
    weights = [[item.number() for item in node["weights"]] for node in profiles]
    for node, column in zip(profiles, weights, strict=True):
        if len(column) != len(stacks):
            raise node["weights"].unlike(f"{len(stacks)} weights")
    for stack, *values in zip(stacks, *weights, strict=True):
        builder.sample(stack, *values)
    default = page.get("activeProfileIndex")
    return builder.build(default_value=default.integer(len(kinds) - 1) if default else 0)


def _frames(page: Node, builder: ProfileBuilder) -> list[int]:
    frames = []
    for node in page["shared"]["frames"]:
        file, line = node.get("file"), node.get("line")
        frames.append(
            builder.frame(
                node["name"].text(), file.text() if file else "", line.integer() if line else 0
            )
        )
    return frames


def _samples(
    node: Node, builder: ProfileBuilder, frames: list[int]
) -> Iterator[tuple[int, int | float]]:
    """Give the stack and the weight of each sample of a profile."""
    kind = node["type"].text()
    if kind == "sampled":
        return _sampled(node, builder, frames)
    if kind == "evented":
        return _evented(node, builder, frames)
    raise node["type"].unlike("sampled or evented")


def _sampled(
    node: Node, builder: ProfileBuilder, frames: list[int]
) -> Iterator[tuple[int, int | float]]:
    samples, weights = node["samples"], node["weights"].array()
    if len(weights) != len(samples.array()):
        raise ParseError(
            f"expected {len(samples.array())} weights, one a sample, got {len(weights)}",
            place=node["weights"].place,
        )
    known = np.array(frames, np.int32)
    for number, stack in enumerate(samples.array()):
        weight = node["weights"][number].number()
        if not isinstance(stack, list) or not all(
            type(frame) is int and 0 <= frame < len(frames) for frame in stack
        ):
            raise samples[number].unlike(f"frames, each an index below {len(frames)}")
        yield builder.stack(known[stack].tolist() if stack else []), weight


def _evented(
    node: Node, builder: ProfileBuilder, frames: list[int]
) -> Iterator[tuple[int, int | float]]:
    """Give each span between events; before the first and after the last nothing is open."""
    tree = CallTree(builder)
    at = node["startValue"].number()
    path: list[tuple[int, int]] = []  # (frame, node of the tree)
    for event in node["events"]:
        when, frame = event["at"].number(), event["frame"].integer(len(frames) - 1)
        if when < at:
            raise event["at"].unlike(f"no time before {at}")
        top = path[-1][1] if path else -1
        if when > at:
            yield tree.stack(top), when - at
        at = when
        kind = event["type"].value
        if kind == "O":
            path.append((frame, tree.child(top, frames[frame])))
        elif kind == "C" and path and path[-1][0] == frame:
            path.pop()
        else:
            seen = f"frame {path[-1][0]} is open" if path else "none is open"
            raise event.unlike(f"an event that opens a frame or closes the last ({seen})")
    if path:
        raise node["events"].unlike(f"events that close all frames ({len(path)} are still open)")
    if node["endValue"].number() > at:
        yield tree.stack(-1), node["endValue"].number() - at
