"""Run what a user names as a workload: a program in a sandbox, not a part of the package.

    runner.py FOLDER SOURCES FILE MODULE:FUNCTION    calls the function WL_REPEAT times
    runner.py FOLDER SOURCES FILE "" [ARGUMENT …]    runs the script, which prints its line itself

FILE is in FOLDER, which is the same for every version that is compared: they are measured by the
same code. What that imports is of the version whose folder comes first in PYTHONPATH; SOURCES are
the folders within it in which packages lie, with `:` between them.

A function is called without arguments; what it returns at last is compared between versions by a
digest of its `repr`. Prints

    WL cpu=<seconds> wall=<seconds> check=<digest>

and, where the clock of CPU time ticks often enough, what equal parts of that took:

    WL slices=<seconds>,<seconds>,…
"""

import hashlib
import importlib.util
import os
import re
import runpy
import sys
import time
from collections.abc import Callable
from importlib.machinery import PathFinder
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

N_SLICES = 64
COARSE_S = 1e-4
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def main() -> None:
    """Do what the arguments say."""
    folder, sources, file, function, *arguments = sys.argv[1:]
    code = Path(os.environ["PYTHONPATH"].split(os.pathsep)[0])
    here = str(Path(__file__).parent)
    own = [str(code / source) for source in sources.split(":") if source]
    sys.path[:] = own + [path for path in sys.path if path != here]
    if function:
        module, _, name = function.partition(":")
        measure(getattr(load(Path(folder), Path(file), module), name))
    else:
        script = Path(folder, file)
        sys.argv = [str(script), *arguments]
        sys.path.insert(0, str(script.parent))
        runpy.run_path(str(script), run_name="__main__")


def load(folder: Path, file: Path, module: str) -> ModuleType:
    """Return a module from its file in a folder; packages around it are those of the version.

    Where the version has not got such a package, or not all of it, the folder's stands in.
    """
    package, _, _ = module.rpartition(".")
    place = folder
    for name in _begun(package):
        place = place / name.rpartition(".")[2]
        try:
            around = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            around = _new(PathFinder.find_spec(name, [str(place.parent)]))
        around.__path__ = [*around.__path__, str(place)]
    return _new(importlib.util.spec_from_file_location(module, folder / file))


def _begun(package: str) -> list[str]:
    """Return the packages that a package is in, outermost first, and itself."""
    parts = package.split(".") if package else []
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _new(spec: Any) -> ModuleType:
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    if spec.loader is not None:
        spec.loader.exec_module(made)
    return made


def measure(function: Callable[[], object]) -> None:
    """Call a function as often as WL_REPEAT says, and print what that took."""
    n_rounds = int(os.environ.get("WL_REPEAT", "1"))
    n_slices = N_SLICES if tick_s() <= COARSE_S else 1
    ends = sorted({n_rounds * (i + 1) // n_slices for i in range(n_slices)} - {0})
    done, value = 0, None
    began_s = time.perf_counter()
    marks = [time.process_time()]
    for end in ends:
        for _ in range(end - done):
            value = function()
        done = end
        marks.append(time.process_time())
    wall_s = time.perf_counter() - began_s
    print(f"WL cpu={marks[-1] - marks[0]:.6f} wall={wall_s:.6f} check={digest(value)}")
    if n_slices > 1:
        print("WL slices=" + ",".join(f"{after - before:.6f}" for before, after in pairwise(marks)))


def tick_s() -> float:
    """Return by how much the clock of CPU time goes on at once."""
    began_s = now_s = time.process_time()
    while now_s == began_s:
        now_s = time.process_time()
    return now_s - began_s


def digest(value: object) -> str:
    """Return a digest of what a function returned; ends the program where it tells nothing."""
    text = repr(value)
    if value is None or hasattr(value, "__next__") or _ADDRESS.search(text):
        sys.exit(
            "expected a function that returns what it worked out, as plain values: versions are "
            f"compared by it; got {text[:80]}"
        )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


if __name__ == "__main__":
    main()
