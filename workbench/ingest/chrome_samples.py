"""The samples that a trace in Chrome's JSON may hold: CPU profiles of V8, or tables of its own."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from workbench.errors import ParseError
from workbench.ingest.chrome_slices import Time
from workbench.ingest.content import Content, Node
from workbench.ingest.cpuprofile import VALUE_TYPES, Recording, Stacks, add_samples
from workbench.profile import ProfileBuilder
from workbench.types import Profile

Track = tuple[int | float | str, int | float | str]
"""Process and thread, as the file names them."""
Labels = dict[str, str | int]

_CHUNKS = ("Profile", "ProfileChunk", "CpuProfile")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def track_of(event: dict[str, Any]) -> Track:
    """Return the process and the thread; that of the same number where none is told."""
    process = _identity(event.get("pid"), 0)
    return process, _identity(event.get("tid"), process)


def _identity(value: Any, default: int | float | str) -> int | float | str:
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) in (int, float, str) else default


def quoted(node: Node) -> Time:
    """Return a number, which some writers put into quotes."""
    if type(node.value) is str and _NUMBER.fullmatch(node.value):
        return float(node.value) if "." in node.value else int(node.value)
    return node.number()


def is_chunk(event: dict[str, Any]) -> bool:
    """Tell whether an event is a part of a CPU profile."""
    args = event.get("args")
    data = args.get("data") if isinstance(args, dict) else None
    return event.get("name") in _CHUNKS and isinstance(data, dict)


def has_samples(event: dict[str, Any]) -> bool:
    """Tell whether a part of a CPU profile holds samples."""
    told = event["args"]["data"].get("cpuProfile")
    return isinstance(told, dict) and bool(told.get("samples"))


def read_chunks(chunks: list[Node], labels: Callable[[Track], Labels]) -> Profile:
    """Put the parts of each CPU profile together."""
    builder = ProfileBuilder(*VALUE_TYPES)
    profiles: dict[Any, list[Node]] = defaultdict(list)
    for node in chunks:
        profiles[track_of(node.value)[0], _profile_of(node.value)].append(node)
    for nodes in profiles.values():
        nodes.sort(key=lambda node: _order(node.value))
        track = track_of(nodes[0].value)
        add_samples(builder, _recording(nodes, builder), labels(track))
    return builder.build(default_value=1)


def _profile_of(event: dict[str, Any]) -> str:
    """Return which of the profiles of a process an event is of."""
    told = event.get("id", event.get("id2"))
    if isinstance(told, dict):
        told = told.get("local", told.get("global"))
    return str(told) if isinstance(told, str | int) else ""


def _order(event: dict[str, Any]) -> tuple[bool, Time]:
    """Return what chunks are put in order by: what begins a profile, then time."""
    time = event.get("ts")
    is_number = type(time) is int or (type(time) is float and time - time == 0)
    return bool(event.get("name") == "ProfileChunk"), time if is_number and time else 0


def _recording(events: list[Node], builder: ProfileBuilder) -> Recording:
    """Put the chunks of one CPU profile together."""
    nodes: list[Node] = []
    samples: list[object] = []
    times: list[Time] = []
    lines: list[object] = []
    arrays: list[tuple[int, str]] = []  # which sample is the first of one, and its place
    at: Time = 0
    end: Time | None = None
    for event in events:
        data = event["args"]["data"]
        told = data.get("cpuProfile") or Node({}, f"{data.place}.cpuProfile")
        start = data.get("startTime") or told.get("startTime")
        stop = data.get("endTime") or told.get("endTime")
        at = start.number() if start else at
        end = stop.number() if stop else end
        nodes += told.get("nodes") or ()
        if (part := told.get("samples")) is not None:
            arrays.append((len(samples), part.place))
            samples += part.array()
        for delta in data.get("timeDeltas") or told.get("timeDeltas") or ():
            at += delta.number()
            times.append(at)
        lines += (data.get("lines") or told.get("lines") or Node([], "")).array()
        del lines[len(samples) :]
        lines += [0] * (len(samples) - len(lines))
    if len(times) != len(samples):
        raise ParseError(
            f"expected {len(samples)} timeDeltas, one a sample, got {len(times)}",
            place=events[0].place,
        )

    def place(at: int) -> str:
        first, array = arrays[bisect_right(arrays, at, key=lambda told: told[0]) - 1]
        return f"{array}[{at - first}]"

    return Recording(Stacks(nodes, builder), samples, times, end, place, lines)


def find_tables(content: Content) -> tuple[Node, Node] | None:
    """Return the samples and the frames of their stacks, where the document has these tables."""
    if not content.is_json or not isinstance(content.json.value, dict):
        return None
    samples, frames = content.json.get("samples"), content.json.get("stackFrames")
    if samples is None or frames is None or not samples.value:
        return None
    return samples, frames


def read_tables(samples: Node, frames: Node, labels: Callable[[Track], Labels]) -> Profile:
    """Read samples that name the innermost frame of their stacks."""
    builder = ProfileBuilder(*VALUE_TYPES)
    ids = {name: number for number, name in enumerate(frames.object(), start=1)}
    stacks = Stacks(_frame_nodes(frames, ids), builder)
    tracks: dict[Track, list[Node]] = defaultdict(list)
    for sample in samples:
        tracks[track_of(sample.object())].append(sample)
    for track, told in tracks.items():
        leaves = [sample.get("sf") for sample in told]
        recording = Recording(
            stacks,
            [0 if leaf is None else ids.get(str(leaf.value)) for leaf in leaves],
            [quoted(sample["ts"]) for sample in told],
            end=None,
            place=partial(_leaf_place, told),
            weights=[quoted(sample["weight"]) if "weight" in sample else 1 for sample in told],
        )
        add_samples(builder, recording, labels(track))
    return builder.build(default_value=1)


def _leaf_place(samples: list[Node], at: int) -> str:
    return f"{samples[at].place}.sf"


def _frame_nodes(frames: Node, ids: dict[str, int]) -> Iterator[Node]:
    """Give a node for each frame, and the root."""
    yield Node({"id": 0, "functionName": "(root)"}, frames.place)
    for name, number in ids.items():
        frame = frames[name]
        above = frame.get("parent")
        told = {"id": number, "functionName": frame["name"].text()}
        parent = {} if above is None else {"parent": ids.get(str(above.value), 0)}
        yield Node({**told, **parent}, frame.place)
