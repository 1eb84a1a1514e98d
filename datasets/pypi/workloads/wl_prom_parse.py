"""Parse a text exposition page (scraper)."""

import _wl
from prometheus_client.parser import text_string_to_metric_families

T = _wl.pick(
    "".join(
        "# HELP m%d help text\n# TYPE m%d gauge\n" % (i, i)
        + "".join('m%d{host="h%d",job="api",path="/x/%d"} %d.5\n' % (i, k, k, k) for k in range(20))
        for i in range(100)
    ),
    "".join(
        "# TYPE lat_%d histogram\n# HELP lat_%d Time\\n taken.\n" % (i, i)
        + "".join(
            'lat_%d_bucket{le="0.%d",zone="a\\"%d, {b}",} %de3\n' % (i, k, k, k * i)
            for k in range(1, 15)
        )
        + 'lat_%d_bucket{le="+Inf",zone="all"} 99 %d\n' % (i, 1500000000 + i)
        + 'lat_%d_sum{zone="all"} 1.25e-1\nlat_%d_count{zone="all"} NaN\n\n' % (i, i)
        for i in range(110)
    ),
)


def main():
    return sum(len(f.samples) for f in text_string_to_metric_families(T))


def whole(n):
    families = text_string_to_metric_families(T)
    return _wl.digest(
        n,
        [
            (f.name, f.type, f.documentation, [(*s[:2], float(s[2]), str(s[3])) for s in f.samples])
            for f in families
        ],
    )


_wl.run(main, 4, check=_wl.pick(None, whole))
