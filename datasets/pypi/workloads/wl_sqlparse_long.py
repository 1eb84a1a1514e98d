"""Reindent long SELECT statements with many columns and conditions."""

import _wl
import sqlparse

Q = (
    "select "
    + ", ".join("t.col_%d as c%d" % (i, i) for i in range(60))
    + " from t join u on t.id = u.id where "
    + " and ".join("(t.col_%d > %d or u.x_%d = 'v')" % (i, i, i) for i in range(30))
    + " order by "
    + ", ".join("c%d" % i for i in range(20))
)


def main():
    return len(sqlparse.format(Q, reindent=True, keyword_case="upper"))


_wl.run(main, 4)
