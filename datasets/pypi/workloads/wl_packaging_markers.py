"""Parse requirement lines with markers and evaluate them."""

import _wl
from packaging.requirements import Requirement

R = [
    'requests[security]>=2.8.1,==2.8.*; python_version < "3.13" and sys_platform == "linux"',
    "foo>=1.0,<2",
    'bar~=1.4; extra == "test" or python_version >= "3.6"',
    "baz @ https://e.invalid/baz.zip",
]


def main():
    n = 0
    for _ in range(250):
        for r in R:
            q = Requirement(r)
            n += len(str(q)) > 0
            if q.marker is not None:
                n += q.marker.evaluate({"extra": "test"})
    return n


_wl.run(main, 1)
