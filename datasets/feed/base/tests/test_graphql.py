import pytest
from feed.graphql.documents import load_document
from feed.graphql.executor import execute
from feed.graphql.lexer import lex
from feed.graphql.nodes import Field, FragmentSpread, Variable
from feed.graphql.parser import parse
from feed.graphql.resolvers import BATCH_RESOLVERS, RESOLVERS
from feed.graphql.schema import TYPES
from feed.http import BadRequest
from feed.ranking.page import RankedPost


def test_lex_leaves_out_white_space_and_comments():
    tokens = lex('query A { # why\n  b(c: -1.5, d: "x\\"y") }')
    assert [token.kind for token in tokens[:4]] == ["name", "name", "punctuator", "name"]
    assert [t.text for t in tokens if t.kind in ("float", "string")] == ["-1.5", '"x\\"y"']
    assert tokens[-1].kind == "end"


def test_parse_reads_arguments_variables_and_fragments():
    document = parse(
        "query A($n: Int = 3, $ids: [Int!]!) { x: b(first: $n, on: true, l: [1, 2]) { ...F } }"
        " fragment F on B { c @include(if: $n) }"
    )
    (field,) = document.selections
    assert (field.key, field.name) == ("x", "b")
    assert field.arguments == {"first": Variable("n"), "on": True, "l": [1, 2]}
    assert document.defaults == {"n": 3}
    assert field.selections == (FragmentSpread("F", ()),)
    (inner,) = document.fragments["F"].selections
    assert isinstance(inner, Field)
    assert inner.directives[0].name == "include"


@pytest.mark.parametrize("query", ["", "query", "query A {", "query A { b(c) }", "query A { ~ }"])
def test_parse_refuses_what_is_no_query(query):
    with pytest.raises(BadRequest, match="query"):
        parse(query)


def test_every_field_of_the_schema_can_be_resolved():
    known = RESOLVERS.keys() | BATCH_RESOLVERS.keys()
    assert {(kind, name) for kind, fields in TYPES.items() for name in fields} <= known


def run(context, query, root, **variables):
    context.request.variables.update(variables)
    return execute(context, parse(query), root)


def post_page(context, n):
    posts = context.services.posts.recent_of(2, n)
    return {"edges": [RankedPost(post, 0.5, "x") for post in posts], "pageInfo": {"hasNext": False}}


def test_execute_takes_out_what_is_selected(context):
    result = run(
        context,
        "query A { search { edges { key: id author { handle } } } }",
        {"search": post_page(context, 2)},
    )
    edges = result.values["search"].values["edges"]
    assert [edge.values["key"] for edge in edges] == [2_000, 2_001]
    assert edges[0].names == {"key": "id", "author": "author"}
    assert edges[0].values["author"].values == {"handle": context.services.users.fetch(2).handle}


@pytest.mark.parametrize(("wanted", "keys"), [(True, {"id", "text"}), (False, {"id"})])
def test_execute_follows_directives(context, wanted, keys):
    query = "query A($t: Boolean) { search { edges { id text @include(if: $t) } } }"
    result = run(context, query, {"search": post_page(context, 1)}, t=wanted)
    assert set(result.values["search"].values["edges"][0].values) == keys


def test_execute_refuses_unknown_fields_and_fragments(context):
    root = {"search": post_page(context, 1)}
    with pytest.raises(BadRequest, match="colour"):
        run(context, "query A { search { edges { colour } } }", root)
    with pytest.raises(BadRequest, match="Gone"):
        run(context, "query A { search { edges { ...Gone } } }", root)


def test_execute_keeps_null_objects(context):
    groups = [
        {"kind": "follow", "post": None, "actors": [2]},
        {
            "kind": "like",
            "post": RankedPost(context.services.posts.fetch(1_000), 0, ""),
            "actors": [],
        },
    ]
    result = run(
        context,
        "query A { notifications { groups { post { id } } } }",
        {"notifications": {"groups": groups}},
    )
    posts = [group.values["post"] for group in result.values["notifications"].values["groups"]]
    assert posts[0] is None
    assert posts[1].values == {"id": 1_000}


def test_load_document_gives_what_parse_gives(context):
    assert load_document(context) == parse(context.request.query)
    assert load_document(context) == load_document(context)
