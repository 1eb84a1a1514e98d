"""speedscope's file format, `sampled` and `evented` profiles.

Specification: speedscope.app/file-format-schema.json, which grew from 0.0.1 on without a break.
The profiles of a file are its threads: each sample carries the name of its profile as label
`thread`. Profiles with the very same stacks and other units are the other way round one recording,
a profile for each value type, and so is what this project wrote.

An evented profile has a row for each span of time between events. As in speedscope, time in which
nothing is open, before the first event and after the last too, is a sample of the empty stack, so
that a profile adds up to `endValue` - `startValue`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.errors import ParseError
from workbench.ingest.addresses import part_address
from workbench.ingest.content import Content, Node
from workbench.ingest.threads import label_threads
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
    kinds = _kinds(page, profiles)
    if len(set(kinds)) == len(kinds) and _are_same_samples(profiles):
        return label_threads(_recording(page, profiles, kinds))
    return label_threads(_threads(page, profiles))


def _kinds(page: Node, profiles: list[Node]) -> list[ValueType]:
    """Return the value type of each profile; what this project wrote tells it by the name."""
    exporter = page.get("exporter")
    if exporter is not None and exporter.value == EXPORTER:
        return [ValueType(*node["name"].text().rpartition("/")[::2]) for node in profiles]
    return [_kind(node) for node in profiles]


def _kind(node: Node) -> ValueType:
    kind = VALUE_TYPES.get(node["unit"].text())
    if kind is None:
        raise node["unit"].unlike(f"one of {', '.join(VALUE_TYPES)}")
    return kind


def _are_same_samples(profiles: list[Node]) -> bool:
    if not all(node["type"].value == "sampled" for node in profiles):
        return False
    first, *others = (node["samples"].array() for node in profiles) if profiles else ([],)
    return all(len(samples) == len(first) and samples == first for samples in others)


def _recording(page: Node, profiles: list[Node], kinds: list[ValueType]) -> Profile:
    """Read profiles that are the value types of the same samples."""
    builder = ProfileBuilder(*(kinds or [VALUE_TYPES["none"]]))
    frames = _frames(page, builder)
    weights = [_weights(node) for node in profiles]
    stacks = _sampled(profiles[0], builder, frames) if profiles else iter(())
    for (stack, _), *values in zip(stacks, *weights, strict=True):
        builder.sample(stack, *values)
    return builder.build(default_value=_active(page, profiles))


def _threads(page: Node, profiles: list[Node]) -> Profile:
    """Read profiles that are threads."""
    kinds = [_kind(node) for node in profiles]
    builder = ProfileBuilder(*(kind for kind in VALUE_TYPES.values() if kind in kinds))
    frames = _frames(page, builder)
    for node, kind in zip(profiles, kinds, strict=True):
        before = [0] * builder.value_types.index(kind)
        labels = {"thread": node["name"].text()} if len(profiles) > 1 else {}
        samples = _evented if node["type"].text() == "evented" else _sampled
        for stack, weight in samples(node, builder, frames):
            builder.sample(stack, *before, weight, labels=labels)
    active = kinds[_active(page, profiles)]
    return builder.build(default_value=builder.value_types.index(active))


def _active(page: Node, profiles: list[Node]) -> int:
    """Return which profile is shown first."""
    told = page.get("activeProfileIndex")
    value = told.value if told else 0
    return value if type(value) is int and 0 <= value < len(profiles) else 0


def _frames(page: Node, builder: ProfileBuilder) -> list[int]:
    frames = []
    for node in page["shared"]["frames"]:
        file, told = node.get("file"), node.get("line")
        line = told.integer() if told and told.number() > 0 else 0  # some tell -1 for none
        name, address = part_address(node["name"].text())
        function = builder.function(name, file.text() if file else "")
        frames.append(builder.location(function, line, address))
    return frames


def _weights(node: Node) -> list[int | float]:
    n, weights = len(node["samples"].array()), node["weights"].array()
    if len(weights) != n:
        raise ParseError(
            f"expected {n} weights, one a sample, got {len(weights)}", place=node["weights"].place
        )
    return [item.number() for item in node["weights"]]


def _sampled(
    node: Node, builder: ProfileBuilder, frames: list[int]
) -> Iterator[tuple[int, int | float]]:
    """Give the stack and the weight of each sample."""
    if node["type"].value != "sampled":
        raise node["type"].unlike("sampled or evented")
    weights, known = _weights(node), np.array(frames, np.int32)
    for number, stack in enumerate(node["samples"].array()):
        if not isinstance(stack, list) or not all(
            type(frame) is int and 0 <= frame < len(frames) for frame in stack
        ):
            raise node["samples"][number].unlike(f"frames, each an index below {len(frames)}")
        yield builder.stack(known[stack].tolist() if stack else []), weights[number]


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
