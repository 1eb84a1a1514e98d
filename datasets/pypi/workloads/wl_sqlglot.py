"""Parse, transpile and qualify SQL."""

import _wl
import sqlglot

Q = "WITH c AS (SELECT a.id, SUM(b.v) AS s FROM a JOIN b ON a.id = b.id WHERE b.d >= CAST('2020-01-01' AS DATE) GROUP BY a.id) SELECT c.id, CASE WHEN c.s > 10 THEN 'x' ELSE 'y' END AS k, ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY c.s DESC) rn FROM c LEFT JOIN d USING (id) WHERE c.s IN (1, 2, 3) AND d.n LIKE '%z' ORDER BY 1 LIMIT 5"


def main():
    n = 0
    for _i in range(12):
        e = sqlglot.parse_one(Q)
        n += len(e.sql()) + len(e.copy().sql(dialect="duckdb", pretty=True))
        n += sum(1 for _ in e.walk())
    return n > 0


_wl.run(main, 4)
