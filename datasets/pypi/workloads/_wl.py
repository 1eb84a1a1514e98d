"""Tiny timing helper shared by the workloads (self-written).

    import _wl
    X = _wl.pick(usual, held_out)      # inputs; WL_INPUTS=held-out chooses the second
    _wl.run(main)          # main(): the hot part, called WL_REPEAT times (default 1)

Prints one line   WL cpu=<s> wall=<s> check=<...>   for the hot part only (imports and set-up excluded).
`check` is whatever main() returns (a small deterministic value) so that A and B can be compared, or
what run's `check` makes of it after the clock has stopped, such as a digest of the whole output.
"""

import hashlib
import os
import time


def pick(usual, held_out):
    name = os.environ.get("WL_INPUTS", "")
    if name not in ("", "held-out"):
        raise SystemExit(f"WL_INPUTS: expected held-out or nothing, got {name!r}")
    return held_out if name else usual


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def run(main, repeat=None, check=None):
    n = int(os.environ.get("WL_REPEAT", repeat or 1))
    value = None
    c0, w0 = time.process_time(), time.perf_counter()
    for _ in range(n):
        value = main()
    c1, w1 = time.process_time(), time.perf_counter()
    if check:
        value = check(value)
    print("WL cpu=%.6f wall=%.6f check=%s" % (c1 - c0, w1 - w0, str(value)[:80]), flush=True)
