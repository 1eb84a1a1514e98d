"""Measure terminal width of mixed text."""

import _wl
from wcwidth import wcswidth

S = [
    "plain ascii text line",
    "caf\u00e9 na\u00efve",
    "\u30b3\u30f3\u30cb\u30c1\u30cf, \u30bb\u30ab\u30a4!",
    "emoji \U0001f600 \u2764\ufe0f mix",
    "x" * 80,
]


def main():
    n = 0
    for _ in range(4000):
        for s in S:
            n += wcswidth(s)
    return n


_wl.run(main, 1)
