"""Parse, transpile and qualify SQL."""

import _wl
import sqlglot

Q = _wl.pick(
    "WITH c AS (SELECT a.id, SUM(b.v) AS s FROM a JOIN b ON a.id = b.id WHERE b.d >= CAST('2020-01-01' AS DATE) GROUP BY a.id) SELECT c.id, CASE WHEN c.s > 10 THEN 'x' ELSE 'y' END AS k, ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY c.s DESC) rn FROM c LEFT JOIN d USING (id) WHERE c.s IN (1, 2, 3) AND d.n LIKE '%z' ORDER BY 1 LIMIT 5",
    "SELECT shop.name, COUNT(*) AS n, MAX(sale.price * (1 - sale.cut)) AS top FROM sale INNER JOIN shop ON sale.shop_id = shop.id AND NOT shop.closed WHERE EXISTS(SELECT 1 FROM stock WHERE stock.item = sale.item AND stock.left_over BETWEEN 3 AND 9) OR COALESCE(sale.note, '') <> 'none' GROUP BY shop.name HAVING COUNT(*) > 4 UNION ALL SELECT old.name, old.n, CAST(old.top AS INT) FROM (SELECT * FROM archive WHERE y IS NULL) AS old",
)


def main():
    n = 0
    for _i in range(12):
        e = sqlglot.parse_one(Q)
        n += len(e.sql()) + len(e.copy().sql(dialect="duckdb", pretty=True))
        n += sum(1 for _ in e.walk())
    return n > 0


def whole(_ok):
    e = sqlglot.parse_one(Q)
    kinds = sorted(type(x[0] if isinstance(x, tuple) else x).__name__ for x in e.walk())
    return _wl.digest(e.sql(), e.copy().sql(dialect="duckdb", pretty=True), kinds)


_wl.run(main, 4, check=_wl.pick(None, whole))
