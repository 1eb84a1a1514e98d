"""Parse, shift, floor, range, humanize and format times."""

import _wl
import arrow

BASE, ISO, TEXT, FORM, OUT = _wl.pick(
    (
        "2020-01-01T00:00:00+00:00",
        "2020-03-%02dT12:30:45.123456+02:00",
        "2020-05-%02d 10:11:12",
        "YYYY-MM-DD HH:mm:ss",
        "YYYY-MM-DD dddd HH:mm ZZ",
    ),
    (
        "2017-11-05T22:10:00-05:00",
        "2016-07-%02dT04:05:06.5-03:30",
        "%02d.10.2018 at 23:59",
        "DD.MM.YYYY [at] HH:mm",
        "ddd D MMMM YY h:mm:ss a Z",
    ),
)
STEP, FRAME, UNIT, SPAN, ZONE = _wl.pick(
    ({"days": 3, "hours": 1}, "month", "day", {"days": 10}, "US/Pacific"),
    ({"weeks": -2, "minutes": 95}, "week", "hour", {"hours": 11, "minutes": 20}, "Asia/Kolkata"),
)


def main():
    n = 0
    b = arrow.get(BASE)
    for i in range(60):
        a = arrow.get(ISO % (i % 28 + 1))
        c = arrow.get(TEXT % (i % 28 + 1), FORM)
        n += len(a.format(OUT)) + len(a.humanize(b)) + c.floor(FRAME).day
        n += (
            a.shift(**STEP).hour
            + len(list(arrow.Arrow.range(UNIT, b, b.shift(**SPAN))))
            + a.to(ZONE).hour
        )
    return n


def whole(n):
    b = arrow.get(BASE)
    out = [t.isoformat() for t in arrow.Arrow.range(UNIT, b, b.shift(**SPAN))]
    for i in range(60):
        a = arrow.get(ISO % (i % 28 + 1))
        c = arrow.get(TEXT % (i % 28 + 1), FORM)
        out += [a.format(OUT), a.humanize(b)]
        out += [t.isoformat() for t in (c.floor(FRAME), a.shift(**STEP), a.to(ZONE))]
    return _wl.digest(n, out)


_wl.run(main, 4, check=_wl.pick(None, whole))
