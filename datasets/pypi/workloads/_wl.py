"""Tiny timing helper shared by the workloads (self-written).

    import _wl
    _wl.run(main)          # main(): the hot part, called WL_REPEAT times (default 1)

Prints one line   WL cpu=<s> wall=<s> check=<...>   for the hot part only (imports and set-up excluded),
and one   WL slices=<s>,<s>,…   with the CPU seconds of equal parts of it.
`check` is whatever main() returns (a small deterministic value) so that A and B can be compared.
"""

import os
import time

N_SLICES = 64


def run(main, repeat=None):
    n = int(os.environ.get("WL_REPEAT", repeat or 1))
    ends = sorted({n * (i + 1) // N_SLICES for i in range(N_SLICES)} - {0})
    marks, done, check = [], 0, None
    c0, w0 = time.process_time(), time.perf_counter()
    for end in ends:
        for _ in range(end - done):
            check = main()
        done = end
        marks.append(time.process_time())
    c1, w1 = marks[-1], time.perf_counter()
    print("WL cpu=%.6f wall=%.6f check=%s" % (c1 - c0, w1 - w0, str(check)[:80]), flush=True)
    print("WL slices=" + ",".join("%.6f" % (b - a) for a, b in zip([c0, *marks], marks)), flush=True)
