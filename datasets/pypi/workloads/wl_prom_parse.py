"""Parse a text exposition page (scraper)."""

import _wl
from prometheus_client.parser import text_string_to_metric_families

T = "".join(
    "# HELP m%d help text\n# TYPE m%d gauge\n" % (i, i)
    + "".join('m%d{host="h%d",job="api",path="/x/%d"} %d.5\n' % (i, k, k, k) for k in range(20))
    for i in range(100)
)


def main():
    return sum(len(f.samples) for f in text_string_to_metric_families(T))


_wl.run(main, 4)
