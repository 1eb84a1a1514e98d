"""Parse, validate and execute a query over a list of objects."""

import _wl
from graphql import build_schema, graphql_sync

S = build_schema(
    "type Item { id: Int name: String tags: [String] parent: Item } type Query { items(n: Int): [Item] }"
)
R = {
    "items": lambda info, n=10: [
        {"id": i, "name": "n%d" % i, "tags": ["a", "b"], "parent": {"id": 1, "name": "p"}}
        for i in range(n)
    ]
}
Q = "query($n: Int) { items(n: $n) { id name tags parent { id ...F } } } fragment F on Item { name tags }"


def main():
    t = 0
    for _ in range(12):
        r = graphql_sync(S, Q, root_value=R, variable_values={"n": 150})
        assert not r.errors, r.errors
        t += len(r.data["items"])
    return t


_wl.run(main, 1)
