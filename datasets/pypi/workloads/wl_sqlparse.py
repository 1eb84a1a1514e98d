"""Format and parse SQL statements, and split a script."""

import _wl
import sqlparse

Q = _wl.pick(
    "select a.id, b.name, count(*) as n from tab_a a left join tab_b b on a.id = b.a_id where a.x in (%s) and (b.y > 3 or b.z like 'foo%%') group by a.id, b.name having count(*) > 2 order by n desc limit 10;"
    % ", ".join(str(i) for i in range(40)),
    "select distinct o.no, upper(c.city), sum(o.total) total from orders o inner join customer c on o.cust = c.id where c.age <= 30 or o.state not in (%s) and o.tag is not null -- all\ngroup by 1, c.city union all select x, y, 0 from old order by total, no asc limit 3 offset 9;"
    % ", ".join("'s-%d'" % i for i in range(36)),
)
S = _wl.pick(
    "\n".join("insert into t%d (a, b) values (%d, 'x');" % (i, i) for i in range(12)),
    "begin; /* ; */ "
    + "\n".join("delete from u_%d where k = 'a;%d' or v <> %d.5 ;" % (i, i, i) for i in range(11)),
)


def main():
    n = 0
    for _i in range(3):
        n += len(sqlparse.format(Q, reindent=True, keyword_case="upper"))
        n += len(sqlparse.split(S))
    return n


def whole(n):
    tokens = [(str(t.ttype), t.value) for s in sqlparse.parse(Q + S) for t in s.flatten()]
    text = sqlparse.format(Q, reindent=True, keyword_case="upper")
    return _wl.digest(n, text, sqlparse.split(S), tokens)


_wl.run(main, 4, check=_wl.pick(None, whole))
