"""Parse requirement lines with markers and evaluate them."""

import _wl
from packaging.requirements import Requirement

R = _wl.pick(
    [
        'requests[security]>=2.8.1,==2.8.*; python_version < "3.13" and sys_platform == "linux"',
        "foo>=1.0,<2",
        'bar~=1.4; extra == "test" or python_version >= "3.6"',
        "baz @ https://e.invalid/baz.zip",
    ],
    [
        'a.b-c[x,y_z] != 3.1, < 4.0.dev2 ; (os_name == "nt" or extra == "doc") and "32" not in platform_machine',
        "num_pkg===1.2.post3",
        "tool @ git+ssh://h.invalid/t@v1#sub ; implementation_name != 'pypy' and python_version > '2.7'",
        "Some.Name[all]",
    ],
)
EXTRA = _wl.pick({"extra": "test"}, {"extra": "doc"})


def main():
    n = 0
    for _ in range(250):
        for r in R:
            q = Requirement(r)
            n += len(str(q)) > 0
            if q.marker is not None:
                n += q.marker.evaluate(EXTRA)
    return n


def whole(n):
    out = []
    for q in map(Requirement, R):
        out.append((str(q), q.name, q.url, sorted(q.extras), str(q.specifier), str(q.marker)))
        for os_name, machine, extra in (("nt", "x32", ""), ("posix", "arm", "doc"), ("nt", "", "")):
            values = {"os_name": os_name, "platform_machine": machine, "extra": extra}
            out.append(q.marker and q.marker.evaluate(values))
    return _wl.digest(n, out)


_wl.run(main, 1, check=_wl.pick(None, whole))
