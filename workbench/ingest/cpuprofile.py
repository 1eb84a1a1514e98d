"""CPU profiles of V8: a `.cpuprofile` of DevTools or `node --cpu-prof`.

Specification: the Profiler domain of the DevTools protocol (`Profile`, `ProfileNode`). A sample
lasts until the next one. `(root)` is where stacks begin and is no frame; `(program)`, `(idle)` and
`(garbage collector)` are what V8 calls what is no script, and stay.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench.errors import ParseError
from workbench.ingest.content import Content, Node
from workbench.profile import CallTree, ProfileBuilder
from workbench.types import Profile, ValueType

VALUE_TYPES = (ValueType("samples", "count"), ValueType("time", "microseconds"))


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
    samples = page["samples"].array() if "samples" in page else []
    if "timeDeltas" in page:
        at, times = page["startTime"].number(), []
        for delta in page["timeDeltas"]:
            at += delta.number()
            times.append(at)
        scale = 1
    else:  # the older form tells times, in seconds at either end and in microseconds between
        times = [time.number() for time in page["timestamps"]] if "timestamps" in page else []
        scale = 10**6
    if len(times) != len(samples):
        raise ParseError(
            f"expected {len(samples)} times, one a sample, got {len(times)}", place="$"
        )
    end = page.get("endTime")
    builder = ProfileBuilder(*VALUE_TYPES)
    add_samples(builder, nodes, samples, times, end.number() * scale if end else None)
    return builder.build(default_value=1)


def add_samples(
    builder: ProfileBuilder,
    nodes: Iterable[Node],
    samples: list[object],
    times: list[int | float],
    end: int | float | None,
    labels: dict[str, str | int] | None = None,
) -> None:
    """Add samples of nodes, which have an id and either a parent or children, by time."""
    tree = CallTree(builder)
    placed = _place(list(nodes), builder, tree)
    order = sorted(range(len(samples)), key=times.__getitem__)  # threads may report out of order
    ends = [times[at] for at in order[1:]]
    if order:
        ends.append(max(times[order[-1]], end if end is not None else times[order[-1]]))
    for at, until in zip(order, ends, strict=True):
        sample = samples[at]
        if not isinstance(sample, int) or sample not in placed:
            raise ParseError(f"expected the id of a node, got {sample!r}", place=f"$.samples[{at}]")
        builder.sample(tree.stack(placed[sample]), 1, until - times[at], labels=labels)


def _place(nodes: list[Node], builder: ProfileBuilder, tree: CallTree) -> dict[int, int]:
    """Return the node of the call tree for each id; a `(root)` is what it stands in, or -1."""
    ids = [node["id"].integer() for node in nodes]
    by_id = dict(zip(ids, nodes, strict=True))
    parents: dict[int, int] = {}
    for number, node in zip(ids, nodes, strict=True):
        for child in node.get("children") or ():
            parents[child.integer()] = number
        if (parent := node.get("parent")) is not None:
            parents[number] = parent.integer()
    placed: dict[int, int] = {}
    for number in ids:
        path: list[int] = []
        at = number
        while at in by_id and at not in placed and len(path) <= len(ids):
            path.append(at)
            at = parents.get(at, -1)
        if len(path) > len(ids):
            raise ParseError("expected a tree of nodes, got a cycle", place=by_id[number].place)
        for each in reversed(path):
            above = placed.get(parents.get(each, -1), -1)
            location = _location(by_id[each], builder)
            placed[each] = above if location is None else tree.child(above, location)
    return placed


def _location(node: Node, builder: ProfileBuilder) -> int | None:
    """Return the location of a node; None for the root."""
    frame = node.get("callFrame") or node
    name = frame["functionName"].text()
    if name == "(root)":
        return None
    url, line = frame.get("url"), frame.get("lineNumber")
    start = int(line.number()) + 1 if line else 0  # counted from 0; -1 for none
    function = builder.function(name or "(anonymous)", url.text() if url else "", max(start, 0))
    return builder.location(function, max(start, 0))


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
