"""Parse, shift, floor, range, humanize and format times."""

import _wl
import arrow


def main():
    n = 0
    b = arrow.get("2020-01-01T00:00:00+00:00")
    for i in range(60):
        a = arrow.get("2020-03-%02dT12:30:45.123456+02:00" % (i % 28 + 1))
        c = arrow.get("2020-05-%02d 10:11:12" % (i % 28 + 1), "YYYY-MM-DD HH:mm:ss")
        n += len(a.format("YYYY-MM-DD dddd HH:mm ZZ")) + len(a.humanize(b)) + c.floor("month").day
        n += (
            a.shift(days=3, hours=1).hour
            + len(list(arrow.Arrow.range("day", b, b.shift(days=10))))
            + a.to("US/Pacific").hour
        )
    return n


_wl.run(main, 4)
