"""Whether an edit leaves out what is there for its effect."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from workbench.patch.verify.hollow.side import TESTS, Fault, Side, Texts
from workbench.python.syntax import LoopNode, root_name

_COLLECTS = frozenset(
    {"append", "add", "extend", "update", "sort", "insert", "discard", "setdefault", "reverse"}
)
"""Methods that make a value more often than they are there for their effect."""


class _Effects:
    """Statements of some files that are there for their effect."""

    def __init__(self, texts: Iterator[str]) -> None:
        trees = [Side(text).tree for text in texts]
        self.raised: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        """Raised exceptions, by type."""
        self.handled: Counter[str] = Counter()
        self.asserted: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        """Places in tables of the module that are counted up."""
        self.done: Counter[str] = Counter()
        """Calls whose value nobody takes, by what is called."""
        self.repeated: set[str] = set()
        """Of these, what is called in a loop."""
        self.called: set[str] = set()
        for node in (node for tree in trees for node in ast.walk(tree)):
            self._note(node)
            if isinstance(node, LoopNode):
                within = (inner for stmt in node.body for inner in ast.walk(stmt))
                self.repeated |= {name for inner in within if (name := _done_by(inner))}

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Raise(exc=ast.expr() as raised):
                kind = raised.func if isinstance(raised, ast.Call) else raised
                self.raised[ast.unparse(raised)] += 1
                self.kinds[ast.unparse(kind).split(".")[-1]] += 1
            case ast.ExceptHandler(type=ast.expr() as kinds):
                each = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
                self.handled.update(ast.unparse(kind).split(".")[-1] for kind in each)
            case ast.Assert(test=test):
                self.asserted[ast.unparse(test)] += 1
            case ast.AugAssign(target=ast.Attribute() | ast.Subscript() as target):
                if root_name(target).isupper():
                    self.counted[ast.unparse(target)] += 1
        if name := _done_by(node):
            self.done[name] += 1
        if isinstance(node, ast.Call):
            self.called.add(ast.unparse(node.func).split(".")[-1])

    def missing(self, after: _Effects) -> Iterator[str]:
        """Yield what these have and others have no more."""
        for told in self.raised:
            kind = told.split("(")[0].split(".")[-1]
            is_handled_less = after.handled[kind] < self.handled[kind]  # no longer control flow
            is_gone = not after.raised[told] and after.kinds[kind] < self.kinds[kind]
            if is_gone and not is_handled_less:
                yield f"raise {told}"
        for told in self.asserted:
            if not after.asserted[told]:
                yield f"assert {told}"
        for told in self.counted:
            if not after.counted[told]:
                yield f"{told} += …"
        for told in self.done:
            if told.split(".")[-1] not in after.called:
                yield f"{told}(…)"
        for told in sorted(self.repeated):
            if after.done[told] and told not in after.repeated:
                yield f"{told}(…) for each item"


def _done_by(node: ast.AST) -> str:
    """Return what a statement calls for its effect; empty where it does not."""
    match node:
        case ast.Expr(value=ast.Call(func=func)):
            name = ast.unparse(func)
            return "" if name.split(".")[-1] in _COLLECTS else name
    return ""


def leaves_out(base: Texts, head: Texts, files: Texts) -> Fault | None:
    """Find work with an effect that both versions did, and that is done no more."""
    paths = [path for path in sorted(files) if path.endswith(".py") and not TESTS.search(path)]
    before, now, after = (
        _Effects(text for path in paths if (text := texts.get(path)) is not None)
        for texts in (base, head, files)
    )
    earlier = set(before.missing(after))
    for what in now.missing(after):
        if what in earlier:
            return Fault("feature deleted", f"{what[:80]} is gone")
    return None
