"""Reindent long SELECT statements with many columns and conditions."""

import _wl
import sqlparse

Q = _wl.pick(
    "select "
    + ", ".join("t.col_%d as c%d" % (i, i) for i in range(60))
    + " from t join u on t.id = u.id where "
    + " and ".join("(t.col_%d > %d or u.x_%d = 'v')" % (i, i, i) for i in range(30))
    + " order by "
    + ", ".join("c%d" % i for i in range(20)),
    "select distinct x.name, "
    + ", ".join("sum(x.v%d) total_%d" % (i, i) for i in range(35))
    + " from (select * from y where "
    + " or ".join("y.k_%d is not null" % i for i in range(25))
    + ") x left join z on x.id = z.id and z.day < '2001-01-01' group by "
    + ", ".join("x.g%d" % i for i in range(30))
    + " having min(z.w) = -1",
)


def main():
    return len(sqlparse.format(Q, reindent=True, keyword_case="upper"))


def whole(n):
    return _wl.digest(n, sqlparse.format(Q, reindent=True, keyword_case="upper"))


_wl.run(main, 4, check=_wl.pick(None, whole))
