"""CPU profiles of V8: a `.cpuprofile` of DevTools or `node --cpu-prof`.

Specification: the Profiler domain of the DevTools protocol (`Profile`, `ProfileNode`). A sample
lasts until the next one, the last to the end; DevTools too puts samples in order of time, which
threads report out of order. `(root)` is where stacks begin and is no frame; `(program)`, `(idle)`
and `(garbage collector)` are what V8 calls what is no script, and stay. A profile that tells no
times has none here, and one that tells no samples has a row for each node that was hit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Function, Profile, ValueType

SAMPLES = ValueType("samples", "count")
VALUE_TYPES = (SAMPLES, ValueType("time", "microseconds"))


class Recording(NamedTuple):
    """The samples of one thread."""

    stacks: Stacks
    samples: list[object]
    """Ids of nodes."""
    times: list[int | float] | None
    """Microseconds, one a sample; None where they are not told."""
    end: int | float | None
    """When the last sample ended; None where that is not told."""
    place: Callable[[int], str]
    """Where in the file a sample stands."""
    lines: Sequence[object] = ()
    """The line that ran in the leaf of each sample, 0 for none; or empty."""
    weights: Sequence[int | float] = ()
    """How many samples each is; or empty where each is one."""


def looks_like(content: Content) -> bool:
    """Tell whether the document has the members of a CPU profile."""
    return (
        content.is_json
        and "startTime" in content.json
        and ("nodes" in content.json or "head" in content.json)
    )


def parse(content: Content) -> Profile:
    """Parse a profile; one row a sample, with the time to the next."""
    page = content.json
    nodes = list(page["nodes"]) if "nodes" in page else _flattened(page["head"])
    start, end, times = _times(page)
    duration_s = (end - start) / 1e6 if end is not None and end >= start else None
    is_hit = any((count := node.get("hitCount")) and count.value for node in nodes)
    if (told := page.get("samples")) is None or (is_hit and not told.array()):
        return _hits(nodes, duration_s)
    samples = page["samples"].array()
    builder = ProfileBuilder(*VALUE_TYPES[: 1 if times is None else 2])
    place = page["samples"].place
    stacks = Stacks(nodes, builder)
    add_samples(builder, Recording(stacks, samples, times, end, lambda at: f"{place}[{at}]"))
    return builder.build(default_value=len(builder.value_types) - 1, duration_s=duration_s)


def add_samples(
    builder: ProfileBuilder, recording: Recording, labels: dict[str, str | int] | None = None
) -> None:
    """Add the samples of a thread, in order of time."""
    samples, times = recording.samples, recording.times
    lines = recording.lines or [0] * len(samples)
    found = [recording.stacks.number(*sample) for sample in zip(samples, lines, strict=True)]
    if -1 in found:
        at = found.index(-1)
        raise Node(samples[at], recording.place(at)).unlike("the id of a node")
    if times is None:
        for stack in found:
            builder.sample(stack, 1, labels=labels)
        return
    if len(times) != len(samples):
        raise ParseError(
            f"expected {len(samples)} times, one a sample, got {len(times)}",
            place=recording.place(0).removesuffix("[0]"),
        )
    order = sorted(range(len(samples)), key=times.__getitem__)
    weights = recording.weights or [1] * len(samples)
    for at, length in zip(order, _lengths(times, order, recording.end), strict=True):
        builder.sample(found[at], weights[at], length, labels=labels)


def _lengths(
    times: list[int | float], order: list[int], end: int | float | None
) -> Iterator[int | float]:
    """Give the time from each sample to the next."""
    ends = [times[at] for at in order[1:]]
    if order:
        last = times[order[-1]]
        ends.append(last if end is None else max(last, end))
    for at, until in zip(order, ends, strict=True):
        yield until - times[at]


def _times(page: Node) -> tuple[int | float, int | float | None, list[int | float] | None]:
    """Return start, end and the time of each sample, in microseconds."""
    told = page.get("endTime")
    start, end = page["startTime"].number(), told.number() if told else None
    if (deltas := page.get("timeDeltas")) is not None:
        times = accumulate((delta.number() for delta in deltas), initial=start)
        return start, end, list(times)[1:]
    if (stamps := page.get("timestamps")) is None and "head" not in page:
        return start, end, None
    # the older form tells seconds at either end and microseconds between
    found = None if stamps is None else [time.number() for time in stamps]
    return _microseconds(page["startTime"]), _microseconds(told) if told else None, found


def _microseconds(node: Node) -> int:
    """Return a time that is told in seconds."""
    if abs(node.number()) > 1e15:
        raise node.unlike("a time in seconds")
    return round(node.number() * 1e6)


def _hits(nodes: list[Node], duration_s: float | None) -> Profile:
    """Return a row for each node that was hit."""
    builder = ProfileBuilder(SAMPLES)
    stacks = Stacks(nodes, builder)
    for node in nodes:
        told = node.get("hitCount")
        if told is not None and (count := told.integer()):
            builder.sample(stacks.number(node["id"].integer()), count)
    return builder.build(duration_s=duration_s)


class Stacks:
    """The stack that ends with each node; nodes have an id, and either a parent or children."""

    def __init__(self, nodes: Iterable[Node], builder: ProfileBuilder) -> None:
        self._builder = builder
        self._tree = CallTree(builder)
        self._nodes = {node["id"].integer(): node for node in nodes}
        self._parents = self._find_parents()
        self._functions: dict[int, int] = {}
        self._placed: dict[int, int] = {}
        self._numbers: dict[tuple[object, object], int] = {}
        for number in self._nodes:
            self._place(number)

    def number(self, identity: object, line: object = 0) -> int:
        """Return the builder's number of the stack of a sample; -1 where there is no such node.

        Parameters
        ----------
        identity : object
            Of the node.
        line : object
            That ran, where it is an integer above 0.
        """
        if type(identity) is not int or type(line) is not int:
            return -1 if type(identity) is not int else self.number(identity)
        if (identity, line) not in self._numbers:
            if identity not in self._placed:
                return -1
            self._numbers[identity, line] = self._tree.stack(self._node_at(identity, line))
        return self._numbers[identity, line]

    def _node_at(self, identity: int, line: int) -> int:
        if not 0 < line < 1 << 62 or identity not in self._functions:
            return self._placed[identity]
        location = self._builder.location(self._functions[identity], line)
        return self._tree.child(self._above(identity), location)

    def _find_parents(self) -> dict[int, int]:
        parents: dict[int, int] = {}
        for number, node in self._nodes.items():
            for child in node.get("children") or ():
                parents[child.integer()] = number
            if (parent := node.get("parent")) is not None:
                parents[number] = parent.integer()
        return parents

    def _above(self, number: int) -> int:
        return self._placed.get(self._parents.get(number, -1), -1)

    def _place(self, number: int) -> None:
        """Find the place in the call tree of a node and of all above it; -1 is the root's."""
        path: list[int] = []
        at = number
        while at in self._nodes and at not in self._placed:
            path.append(at)
            at = self._parents.get(at, -1)
            if len(path) > len(self._nodes):
                place = self._nodes[number].place
                raise ParseError("expected a tree of nodes, got a cycle", place=place)
        for each in reversed(path):
            above, function = self._above(each), _function(self._nodes[each])
            if function.name == "(root)" and above < 0:
                self._placed[each] = -1
                continue
            self._functions[each] = self._builder.function(*function)
            location = self._builder.location(self._functions[each], function.line)
            self._placed[each] = self._tree.child(above, location)


def _function(node: Node) -> Function:
    """Return the function of a node."""
    frame = node.get("callFrame")
    first_line = 1 if frame is None else 0  # the older form has no callFrame and counts from 1
    frame = node if frame is None else frame
    url, told = frame.get("url"), frame.get("lineNumber")
    line = int(told.number()) + 1 - first_line if told else 0  # -1 for none
    name = frame["functionName"].text() or "(anonymous)"
    return Function(name, url.text() if url else "", max(line, 0))


def _flattened(head: Node) -> list[Node]:
    """Return the nodes of a tree in which children stand within their parents."""
    found, left = [], [head]
    while left:
        node = left.pop()
        children = list(node.get("children") or ())
        left += children
        flat = {k: v for k, v in node.object().items() if k != "children"}
        flat["children"] = [child["id"].value for child in children]
        found.append(Node(flat, node.place))
    return found
