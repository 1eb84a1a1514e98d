"""What a call is a call of, as far as imports tell."""

import ast

import pytest

from workbench.python.scope import ModuleNames, Scope


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import re\ndef f(x):\n    re.compile(x)", "re.compile"),
        ("import datetime\ndef f(x):\n    datetime.datetime.now(x)", "datetime.datetime.now"),
        ("from datetime import datetime as d\ndef f(x):\n    d.now(x)", "datetime.datetime.now"),
        ("import os.path\ndef f(x):\n    os.path.join(x)", "os.path.join"),
        ("import urllib.parse as u\ndef f(x):\n    u.quote(x)", "urllib.parse.quote"),
        ("def f(x):\n    len(x)", "len"),
        ("def f(x):\n    from json import loads\n    loads(x)", "json.loads"),
        ("from . import words\ndef f(x):\n    words.split(x)", ""),
        ("import re\ndef f(re):\n    re.compile(re)", ""),
        ("import re\nre = 1\ndef f(x):\n    re.compile(x)", ""),
        ("def f(x):\n    str.lower(x)", ""),
        ("def f(x):\n    x().y(x)", ""),
    ],
)
def test_a_call_is_named_in_full_where_imports_tell(text, expected):
    tree = ast.parse(text)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    call = next(
        node.value for node in function.body if isinstance(getattr(node, "value", None), ast.Call)
    )
    assert Scope(text, tree, function).called(call.func, call) == expected
    shared = Scope(text, tree, function, ModuleNames(text, tree))
    assert shared.called(call.func, call) == expected
