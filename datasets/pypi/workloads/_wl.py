"""Tiny timing helper shared by the workloads (self-written).

    import _wl
    X = _wl.pick(usual, held_out)      # inputs; WL_INPUTS=held-out chooses the second
    _wl.run(main)          # main(): the hot part, called WL_REPEAT times (default 1)

Prints one line   WL cpu=<s> wall=<s> check=<...>   for the hot part only (imports and set-up excluded),
and one   WL slices=<s>,<s>,…   with the CPU seconds of equal parts of it.
`check` is whatever main() returns (a small deterministic value) so that A and B can be compared, or
what run's `check` makes of it after the clock has stopped, such as a digest of the whole output.
"""

import hashlib
import os
import time
from itertools import pairwise

N_SLICES = 64


def pick(usual, held_out):
    name = os.environ.get("WL_INPUTS", "")
    if name not in ("", "held-out"):
        raise SystemExit(f"WL_INPUTS: expected held-out or nothing, got {name!r}")
    return held_out if name else usual


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def run(main, repeat=None, check=None):
    n = int(os.environ.get("WL_REPEAT", repeat or 1))
    ends = sorted({n * (i + 1) // N_SLICES for i in range(N_SLICES)} - {0})
    done, value = 0, None
    w0 = time.perf_counter()
    marks = [time.process_time()]
    for end in ends:
        for _ in range(end - done):
            value = main()
        done = end
        marks.append(time.process_time())
    w1 = time.perf_counter()
    if check:
        value = check(value)
    cpu, slices = marks[-1] - marks[0], (after - before for before, after in pairwise(marks))
    print("WL cpu=%.6f wall=%.6f check=%s" % (cpu, w1 - w0, str(value)[:80]), flush=True)
    print("WL slices=" + ",".join("%.6f" % seconds for seconds in slices), flush=True)
