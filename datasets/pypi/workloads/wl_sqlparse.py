"""Format and parse SQL statements, and split a script."""

import _wl
import sqlparse

Q = (
    "select a.id, b.name, count(*) as n from tab_a a left join tab_b b on a.id = b.a_id where a.x in (%s) and (b.y > 3 or b.z like 'foo%%') group by a.id, b.name having count(*) > 2 order by n desc limit 10;"
    % ", ".join(str(i) for i in range(40))
)
S = "\n".join("insert into t%d (a, b) values (%d, 'x');" % (i, i) for i in range(12))


def main():
    n = 0
    for _i in range(3):
        n += len(sqlparse.format(Q, reindent=True, keyword_case="upper"))
        n += len(sqlparse.split(S))
    return n


_wl.run(main, 4)
