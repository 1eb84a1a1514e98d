"""Parse, validate and execute a query over a list of objects."""

import _wl
from graphql import build_schema, graphql_sync

S, R, Q, V, NAME = _wl.pick(
    (
        build_schema(
            "type Item { id: Int name: String tags: [String] parent: Item } type Query { items(n: Int): [Item] }"
        ),
        {
            "items": lambda info, n=10: [
                {"id": i, "name": "n%d" % i, "tags": ["a", "b"], "parent": {"id": 1, "name": "p"}}
                for i in range(n)
            ]
        },
        "query($n: Int) { items(n: $n) { id name tags parent { id ...F } } } fragment F on Item { name tags }",
        {"n": 150},
        "items",
    ),
    (
        build_schema(
            "enum Kind { OLD NEW } interface Node { key: ID! } type Mark { at: Float! ok: Boolean }"
            " type Book implements Node { key: ID! title: String! kind: Kind marks: [Mark!]! next: Book }"
            " type Query { shelf(from: Int!, to: Int!): [Book!]! }"
        ),
        {
            "shelf": lambda info, **k: [
                {
                    "key": "k%d" % i,
                    "title": "Vol. %d" % i,
                    "kind": ("OLD", "NEW")[i % 2],
                    "marks": [{"at": i / 4, "ok": None}, {"at": 1.5, "ok": True}],
                    "next": {"key": "k%d" % (i + 1), "title": "-", "marks": []},
                }
                for i in range(k["from"], k["to"])
            ]
        },
        "query Read($a: Int!, $b: Int!) { shelf(from: $a, to: $b) { ...T kind marks { at ok }"
        " next { ...T __typename } } } fragment T on Node { key ... on Book { name: title } }",
        {"a": 20, "b": 115},
        "shelf",
    ),
)


def main():
    t = 0
    for _ in range(12):
        r = graphql_sync(S, Q, root_value=R, variable_values=V)
        assert not r.errors, r.errors
        t += len(r.data[NAME])
    return t


def whole(t):
    return _wl.digest(t, graphql_sync(S, Q, root_value=R, variable_values=V).data)


_wl.run(main, 1, check=_wl.pick(None, whole))
