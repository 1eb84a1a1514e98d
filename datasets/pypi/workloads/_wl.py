"""Tiny timing helper shared by the workloads (self-written).

    import _wl
    _wl.run(main)          # main(): the hot part, called WL_REPEAT times (default 1)

Prints one line   WL cpu=<s> wall=<s> check=<...>   for the hot part only (imports and set-up excluded).
`check` is whatever main() returns (a small deterministic value) so that A and B can be compared.
"""

import os
import time


def run(main, repeat=None):
    n = int(os.environ.get("WL_REPEAT", repeat or 1))
    check = None
    c0, w0 = time.process_time(), time.perf_counter()
    for _ in range(n):
        check = main()
    c1, w1 = time.process_time(), time.perf_counter()
    print("WL cpu=%.6f wall=%.6f check=%s" % (c1 - c0, w1 - w0, str(check)[:80]), flush=True)
