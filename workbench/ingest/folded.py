"""Folded (collapsed) stacks: one line a stack, frames joined by `;`, then a space and a count.

py-spy's raw format writes frames as `name (file:line)`; the line is where the sample stood, or
with `--function` where the function starts, and is not part of a function's identity here.
"""

from __future__ import annotations

import io
import re
from array import array

import numpy as np

from workbench.errors import ParseError
from workbench.types import Function, Profile, ValueType

_FRAME = re.compile(r"(?P<name>.*?) \((?P<file>(?:[^()]|\([^()]*\))*?)(?::\d+)?\)")
_COUNT = re.compile(r"[0-9]{1,18}")
_MOST = 2**63 - 1


def looks_folded(data: bytes) -> bool:
    """Tell whether the first line with content ends in a count."""
    for line in io.BytesIO(data):
        if line.strip() and not line.startswith(b"#"):
            _, space, count = line.rstrip().rpartition(b" ")
            return bool(space) and count.isdigit()
    return False


def parse_folded(data: bytes, path: object = None) -> Profile:
    """Parse folded stacks.

    Parameters
    ----------
    data : bytes
        The file's content, UTF-8; lines that start with `#` are comments.
    path : object, optional
        Named in errors.

    Returns
    -------
    Profile
        One sample row for each line, value type `samples/count`.
    """
    frames: dict[str, int] = {}
    functions: dict[Function, int] = {}
    stacks: dict[tuple[int, ...], int] = {}
    rows, counts = array("q"), array("q")
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        stack_text, space, count = line.rstrip().rpartition(" ")
        if not space or not _COUNT.fullmatch(count):
            raise ParseError(f"expected 'frame;frame count', got {line[:80]!r}", path, number)
        stack = []  # empty where the profiler saw no frame; such samples count
        for frame in filter(None, stack_text.split(";")):
            if frame not in frames:
                frames[frame] = functions.setdefault(_function(frame), len(functions))
            stack.append(frames[frame])
        rows.append(stacks.setdefault(tuple(stack), len(stacks)))
        counts.append(int(count))
    if sum(counts) > _MOST:
        raise ParseError(f"expected counts that add up to at most {_MOST}, got {sum(counts)}", path)
    return Profile(
        functions=tuple(functions),
        stack_starts=np.cumsum([0, *map(len, stacks)], dtype=np.int64),
        stack_functions=np.array([f for stack in stacks for f in stack], dtype=np.int64),
        sample_stacks=np.array(rows, dtype=np.int64),
        sample_values=np.array(counts, dtype=np.int64).reshape(-1, 1),
        value_types=(ValueType("samples", "count"),),
    )


def _function(frame: str) -> Function:
    match = _FRAME.fullmatch(frame)
    return Function(match["name"], match["file"]) if match else Function(frame)
