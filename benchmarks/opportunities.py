"""How long opportunities take, and how often each rule speaks: of the functions of a folder.

Arguments: a folder of Python files, and how many functions of it are recorded. Default: the
standard library, 5,000. Each function has one stack, and all as many samples, so that all are hot.
"""

from __future__ import annotations

import sys
import sysconfig
import time
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.opportunity import PATTERNS, Codebase, find_matches, find_opportunities
from workbench.types import Function, Recording


def main() -> None:
    """Print both."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib"))
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*.py"))
        if not {"test", "tests", "site-packages", "idlelib"} & set(path.parts)
    }
    codebase = Codebase(texts.get)
    functions: list[Function] = []
    for path in texts:
        module = codebase.module(path)
        for name, code in module.functions.items() if module else ():
            functions.append(Function(name, path, code.node.body[0].lineno))
        if len(functions) >= wanted:
            break
    functions = functions[:wanted]
    began = time.process_time()
    found = find_opportunities(recording_of(functions), texts.get, hot=0.0)
    seconds = time.process_time() - began
    print(f"{len(functions):,} functions, all of them hot: {seconds:.1f} s CPU, {len(found)} found")
    paths = sorted({function.file for function in functions})
    codebase = Codebase(texts.get, paths)
    counts = dict.fromkeys(PATTERNS, 0)
    for path in paths:
        for name, _, _ in find_matches(codebase, path):
            counts[name] += 1
    for name, count in counts.items():
        print(f"{name:26} {1000 * count / len(functions):7.2f} for 1,000 functions")


def recording_of(functions: list[Function]) -> Recording:
    """Return a recording of one window in which each function has a stack of its own."""
    n = len(functions)
    windows = pd.DataFrame(
        {"at": [pd.Timestamp("2026-01-01", tz="UTC")], "version": [""], "n_samples": [10 * n]}
    )
    each = np.arange(n)
    return Recording(
        "svc", windows, tuple(functions), np.arange(n + 1), each, np.zeros(n, np.int64), each,
        np.full(n, 10),
    )  # fmt: skip


if __name__ == "__main__":
    main()
