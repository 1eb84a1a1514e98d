"""Whether an edit changes how cost is measured, or spends it where nobody measures."""

from __future__ import annotations

import ast
from collections import Counter

from workbench.patch.verify.hollow.side import Fault, Side

_CLOCKS = frozenset(
    {"process_time", "perf_counter", "thread_time", "monotonic", "time"}
    | {f"{name}_ns" for name in ("process_time", "perf_counter", "thread_time", "monotonic")}
)
_PATCHED = frozenset({"time", "sys", "os", "gc", "builtins", "resource", "threading", "signal"})
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


def changes_measurement(path: str, sides: list[Side], after: Side) -> Fault | None:
    """Find what an edit newly calls, names or sets that no version of the file did."""
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
    return _sets_clock(path, after, sides)


def _sets_clock(path: str, after: Side, sides: list[Side]) -> Fault | None:
    """Find an assignment to an attribute of an imported module that is about time or tests."""
    had = {mark for side in sides for mark in _assigned(side)}
    for mark in sorted(_assigned(after) - had):
        return Fault("measurement changed", f"{path}: sets {mark}")
    return None


def _assigned(side: Side) -> set[str]:
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
                origin = side.origin(table)
                if origin in {"sys.modules", "os.environ"}:
                    found.add(origin)
            case ast.Call(func=ast.Attribute(value=ast.Attribute() as table, attr=attr)):
                origin = side.origin(table)
                if origin in {"sys.modules", "os.environ"} and attr in {"update", "setdefault"}:
                    found.add(origin)
    return found
