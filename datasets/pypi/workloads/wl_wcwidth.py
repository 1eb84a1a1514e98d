"""Measure terminal width of mixed text."""

import _wl
from wcwidth import wcswidth

S = _wl.pick(
    [
        "plain ascii text line",
        "caf\u00e9 na\u00efve",
        "\u30b3\u30f3\u30cb\u30c1\u30cf, \u30bb\u30ab\u30a4!",
        "emoji \U0001f600 \u2764\ufe0f mix",
        "x" * 80,
    ],
    [  # no variation selectors or joiners, which releases measure differently
        "-rw-r--r-- 1 me 4096 notes.txt " * 2,
        "e\u0301le\u0300ve, \u017c\u00f3\u0142w",
        "\uc548\ub155 \u4e16\u754c \uff21",
        "\u043f\u0440\u0438\u0432\u0435\u0442 \U0001f680",
        "bell\x07",
        "[=====>    ] 47 %",
    ],
)


def main():
    n = 0
    for _ in range(4000):
        for s in S:
            n += wcswidth(s)
    return n


def whole(n):
    return _wl.digest(n, [wcswidth(s) for s in S], [wcswidth(s, 5) for s in S])


_wl.run(main, 1, check=_wl.pick(None, whole))
