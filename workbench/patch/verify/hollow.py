"""What an edit shows by its text of gaining nothing by what it seems to.

An edit is compared with the code as it is and with the code before the regression: what either of
them has is no news. Each fault is a key of `HOLLOW` and what was seen where.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from workbench.python.syntax import (
    FunctionNode,
    LoopNode,
    bound_names,
    root_name,
    without_docstring,
)

Texts = Mapping[str, str | None]

_JUDGES = re.compile(
    r"(^|/)(tests?|testing|spec|specs|benchmarks?|asv_bench|\.github|\.gitlab|\.circleci)/"
    r"|(^|/)(test_[^/]*|[^/]*_test|conftest|sitecustomize|usercustomize|noxfile)\.py$"
    r"|(^|/)(pytest\.ini|\.pytest\.ini|tox\.ini|\.coveragerc|asv\.conf\.json|\.gitlab-ci\.yml)$"
    r"|\.pth$"
)
_TESTS = re.compile(r"(^|/)(tests?/.*|test_[^/]*|[^/]*_test)\.py$")
_CONFIGURED = re.compile(r"^\s*\[?(tool[.:])?(pytest|coverage|tox|nox|isolated)", re.MULTILINE)
_MEASURED = re.compile(r"WL cpu=|WL slices=|WL_[A-Z]+|PYTEST_CURRENT_TEST|PYTEST_VERSION")
_CLOCKS = frozenset(
    {"process_time", "perf_counter", "thread_time", "monotonic", "time"}
    | {f"{name}_ns" for name in ("process_time", "perf_counter", "thread_time", "monotonic")}
)
_OF_MEASUREMENT = frozenset(
    {"gc.disable", "gc.freeze", "gc.set_threshold", "gc.set_debug", "sys.setprofile"}
    | {"sys.settrace", "sys.setswitchinterval", "sys.monitoring", "sys._getframe"}
    | {"threading.setprofile", "threading.settrace", "signal.setitimer", "signal.alarm"}
    | {"os._exit", "os.nice", "os.fork", "os.forkpty", "os.sched_setaffinity", "os.setpriority"}
    | {"os.kill", "os.killpg", "os.abort", "os.execv", "os.execve", "inspect.stack"}
    | {"inspect.currentframe", "resource.setrlimit", "faulthandler.cancel_dump_traceback_later"}
)
_ELSEWHERE = frozenset(
    {"atexit.register", "weakref.finalize", "subprocess.Popen", "subprocess.run"}
    | {"subprocess.call", "subprocess.check_output", "subprocess.check_call", "os.system"}
    | {"os.popen", "os.posix_spawn", "os.register_at_fork", "threading.Thread", "threading.Timer"}
    | {"multiprocessing.Process", "multiprocessing.Pool", "multiprocessing.get_context"}
    | {"concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor"}
    | {"_thread.start_new_thread", "asyncio.create_subprocess_exec"}
)
_KEPT_ON_DISK = frozenset(
    {"pickle.dump", "marshal.dump", "shelve.open", "sqlite3.connect", "dbm.open"}
    | {"tempfile.gettempdir", "pathlib.Path.home", "os.path.expanduser"}
)


class Fault(NamedTuple):
    """Why an edit is hollow."""

    name: str
    """Key of `HOLLOW`."""
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


def find_fault(base: Texts, head: Texts, files: Texts) -> Fault | None:
    """Return the first thing that shows an edit to be hollow; None where nothing does.

    Parameters
    ----------
    base, head, files : mapping of path to text
        The edited files before the regression, now, and as edited; None for one that is not there.
    """
    for path in sorted(files):
        before, now, after = base.get(path), head.get(path), files[path]
        if after in (before, now) or (after is None and before is None):
            continue
        if fault := _edits_judge(path, now, after):
            return fault
        if path.endswith(".py") and after is not None and not _TESTS.search(path):
            sides = [_Side(text) for text in (before, now) if text is not None]
            if fault := _look(path, sides, _Side(after)):
                return fault
    return _leaves_out(base, head, files)


def _edits_judge(path: str, now: str | None, after: str | None) -> Fault | None:
    """Find what changes who judges: tests may gain, and lose nothing."""
    if _TESTS.search(path) and not path.endswith("conftest.py"):
        return None if _only_gains(now, after) else Fault("judges edited", path)
    if _JUDGES.search(path):
        return Fault("judges edited", path)
    if path.endswith((".toml", ".cfg", ".ini")):
        sides = [_CONFIGURED.findall(text or "") for text in (now, after)]
        tables = [_tables(text or "") for text in (now, after)]
        if sides[0] != sides[1] or tables[0] != tables[1]:
            return Fault("judges edited", f"{path}: what tests are run with")
    return None


def _tables(text: str) -> list[str]:
    """Return the parts of a file of settings that are about tests."""
    parts = re.split(r"^(?=\s*\[)", text, flags=re.MULTILINE)
    return [part for part in parts if _CONFIGURED.match(part)]


def _only_gains(now: str | None, after: str | None) -> bool:
    """Whether a file of tests still has all it had, and nothing that leaves tests out."""
    if after is None:
        return now is None
    try:
        had, has = (ast.parse(text or "") for text in (now, after))
    except (SyntaxError, ValueError):
        return False
    kept = Counter(ast.dump(node) for node in had.body if not _is_import(node))
    there = Counter(ast.dump(node) for node in has.body)
    words = {n.attr for n in ast.walk(has) if isinstance(n, ast.Attribute)} | {
        n.id for n in ast.walk(has) if isinstance(n, ast.Name)
    }
    had_words = {n.attr for n in ast.walk(had) if isinstance(n, ast.Attribute)} | {
        n.id for n in ast.walk(had) if isinstance(n, ast.Name)
    }
    leaves_out = {"skip", "skipif", "xfail", "pytestmark", "collect_ignore", "monkeypatch", "exit"}
    defines = [n.name for n in has.body if isinstance(n, FunctionNode | ast.ClassDef)]
    return (
        not kept - there
        and not (words - had_words) & leaves_out
        and len(defines) == len(set(defines))
    )


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


class _Side:
    """What one text of a file says."""

    def __init__(self, text: str) -> None:
        try:
            self.tree = ast.parse(text)
        except (SyntaxError, ValueError):
            self.tree = ast.Module(body=[], type_ignores=[])
        self.imports = _imports(self.tree)
        self.called = Counter(filter(None, map(self._origin, ast.walk(self.tree))))
        self.words = Counter(
            mark for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
            for mark in _MEASURED.findall(str(node.value))
        )  # fmt: skip

    def _origin(self, node: ast.AST) -> str:
        """Name what an expression refers to, by the imports of the file: `gc.disable`."""
        if not isinstance(node, ast.Name | ast.Attribute):
            return ""
        root, *rest = ast.unparse(node).split(".")
        return ".".join([self.imports[root], *rest]) if root in self.imports else ""

    def functions(self) -> dict[str, FunctionNode]:
        """Return the functions by qualified name."""
        return dict(_functions(self.tree, ""))


def _imports(tree: ast.Module) -> dict[str, str]:
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.split(".")[0]
                names[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode):
            yield prefix + child.name, child
            yield from _functions(child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)


def _look(path: str, sides: list[_Side], after: _Side) -> Fault | None:
    known: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for side in sides:
        known |= side.called
        words |= side.words
    gained = after.called - known
    for names, name in (
        (_OF_MEASUREMENT, "measurement changed"),
        (_ELSEWHERE, "cost moved"),
        (_KEPT_ON_DISK, "input memorised"),
    ):
        if found := sorted(names & gained.keys()):
            return Fault(name, f"{path}: {found[0]}")
    if new := after.words - words:
        return Fault("measurement changed", f"{path}: {min(new)!r}")
    if fault := _sets_clock(path, after, sides):
        return fault
    return _keeps_without_bound(path, sides, after)


def _sets_clock(path: str, after: _Side, sides: list[_Side]) -> Fault | None:
    """Find an assignment to an attribute of an imported module that is about time or tests."""
    had = {mark for side in sides for mark in _assigned(side)}
    for mark in sorted(_assigned(after) - had):
        return Fault("measurement changed", f"{path}: sets {mark}")
    return None


def _assigned(side: _Side) -> set[str]:
    found = set()
    for node in ast.walk(side.tree):
        match node:
            case ast.Attribute(value=ast.Name(id=root), attr=attr, ctx=ast.Store() | ast.Del()):
                if root in side.imports and (attr in _CLOCKS or side.imports[root] in _PATCHED):
                    found.add(f"{side.imports[root]}.{attr}")
            case ast.Call(
                func=ast.Name(id="setattr"),
                args=[ast.Name(id=root), ast.Constant(value=str(attr)), *_],
            ) if root in side.imports:
                found.add(f"{side.imports[root]}.{attr}")
            case ast.Subscript(value=ast.Attribute() as table, ctx=ast.Store() | ast.Del()):
                origin = side._origin(table)
                if origin in {"sys.modules", "os.environ"}:
                    found.add(origin)
            case ast.Call(func=ast.Attribute(value=ast.Attribute() as table, attr=attr)):
                origin = side._origin(table)
                if origin in {"sys.modules", "os.environ"} and attr in {"update", "setdefault"}:
                    found.add(origin)
    return found


_PATCHED = frozenset({"time", "sys", "os", "gc", "builtins", "resource", "threading", "signal"})


def _keeps_without_bound(path: str, sides: list[_Side], after: _Side) -> Fault | None:
    """Find a new cache that keeps whatever was asked for ever."""
    had = {name for side in sides for name, _ in _unbounded(side)}
    for name, how in _unbounded(after):
        if name not in had:
            return Fault("input memorised", f"{path}: {name} keeps every answer ({how})")
    return None


def _unbounded(side: _Side) -> list[tuple[str, str]]:
    found = []
    for name, function in side.functions().items():
        arguments = function.args
        asked = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        is_asked = len(asked) > 0 or arguments.vararg is not None
        for decorator in function.decorator_list if is_asked else ():
            if _is_endless(side, decorator):
                found.append((name, ast.unparse(decorator)))
    stores = _tables_of_module(side.tree)
    for name, function in side.functions().items():
        for store in sorted(_stored_into(function) & stores.keys()):
            if not _is_trimmed(side.tree, store):
                found.append((f"{name} in {store}", "a table of the module"))
    return found


def _is_endless(side: _Side, decorator: ast.expr) -> bool:
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    origin = side._origin(func)
    if origin == "functools.cache":
        return True
    if origin != "functools.lru_cache" or not isinstance(decorator, ast.Call):
        return False
    sizes = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "maxsize")]
    return any(isinstance(size, ast.Constant) and size.value is None for size in sizes)


def _tables_of_module(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return the names of a module, or of its classes, that begin as empty tables."""
    found: dict[str, ast.stmt] = {}
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for body in bodies:
        for stmt in body:
            match stmt:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    pass
                case _:
                    continue
            if _is_empty_table(value):
                found[name] = stmt
    return found


def _is_empty_table(value: ast.expr) -> bool:
    match value:
        case ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
        case ast.Call(func=func):
            words = ast.unparse(func).split(".")[-1]
            return words in {"dict", "list", "set", "defaultdict", "OrderedDict"}
    return False


def _stored_into(function: FunctionNode) -> set[str]:
    """Return the names outside of a function that it stores items in."""
    own, found = bound_names(function), set()
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=store, ctx=ast.Store()):
                pass
            case ast.Call(func=ast.Attribute(value=store, attr="setdefault" | "append" | "add")):
                pass
            case _:
                continue
        name = store.attr if isinstance(store, ast.Attribute) else ""
        name = store.id if isinstance(store, ast.Name) and not own[store.id] else name
        found.add(name)
    return found - {""}


def _is_trimmed(tree: ast.Module, store: str) -> bool:
    """Whether anything takes items out of a table, or looks how many there are."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="clear" | "pop" | "popitem")):
                pass
            case ast.Call(func=ast.Name(id="len"), args=[value]):
                pass
            case ast.Delete(targets=[ast.Subscript(value=value)]):
                pass
            case _:
                continue
        name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
        if name == store:
            return True
    return False


def edited_functions(sides: Sequence[str | None], after: str | None) -> list[str]:
    """Return the functions of a file that an edit changes into what none of its versions has.

    Parameters
    ----------
    sides : sequence of str or None
        Texts of the file before the regression and now; None where it is not there.
    after : str or None
        As edited.
    """
    known = [_Side(text or "").functions() for text in sides]
    found = []
    for name, function in _Side(after or "").functions().items():
        versions = [side[name] for side in known if name in side]
        if name in known[-1] and all(_code(function) != _code(version) for version in versions):
            found.append(name)
    return found


def _code(function: FunctionNode) -> list[str]:
    return [ast.dump(stmt) for stmt in without_docstring(function.body)]


# ---- what is left out --------------------------------------------------------------------------

_COLLECTS = frozenset(
    {"append", "add", "extend", "update", "sort", "insert", "discard", "setdefault", "reverse"}
)
"""Methods that make a value more often than they are there for their effect."""


class _Effects:
    """Statements of some files that are there for their effect."""

    def __init__(self, texts: Iterator[str]) -> None:
        trees = [_Side(text).tree for text in texts]
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


def _leaves_out(base: Texts, head: Texts, files: Texts) -> Fault | None:
    """Find work with an effect that both versions did, and that is done no more."""
    paths = [path for path in sorted(files) if path.endswith(".py") and not _TESTS.search(path)]
    before, now, after = (
        _Effects(text for path in paths if (text := texts.get(path)) is not None)
        for texts in (base, head, files)
    )
    earlier = set(before.missing(after))
    for what in now.missing(after):
        if what in earlier:
            return Fault("feature deleted", f"{what[:80]} is gone")
    return None
