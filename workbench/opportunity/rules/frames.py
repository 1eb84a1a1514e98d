"""Arrays and frames that are worked on by the row."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, last_name, names_in, targets_of

_ELEMENTWISE = frozenset(
    {"sqrt", "exp", "log", "sin", "cos", "abs", "floor", "ceil", "power", "round", "maximum"}
    | {"minimum", "log10", "log2", "tanh", "square"}
)
_GROWING = frozenset({"numpy.append", "numpy.concatenate", "numpy.vstack", "numpy.hstack",
                      "pandas.concat", "numpy.insert"})  # fmt: skip


def rows_one_by_one(code: FunctionCode) -> Iterator[Match]:
    """Find frames and arrays that are gone through, or grown, by the row."""
    for call in code.calls:
        name = last_name(call.func)
        is_method = isinstance(call.func, ast.Attribute)
        loops = code.loops(call)
        if (
            name == "iterrows"
            and is_method
            and isinstance(code.parents[call], ast.For | ast.comprehension)
        ):
            parent = code.parents[call]
            last = parent.end_lineno if isinstance(parent, ast.For) else call.end_lineno
            yield Match(
                call.lineno, last or call.lineno, f"{code.text(call)} makes a series of each row"
            )
        elif name == "apply" and is_method and _is_by_row(call):
            yield match_of(call, f"{code.text(call)} calls Python for each row")
        elif loops and code.called(call) in _GROWING and _is_grown(code, call):
            yield match_of(call, f"{code.text(call)} copies all that is there on each round")
        elif loops and name in _ELEMENTWISE and code.called(call) == f"numpy.{name}":
            is_plain = len(call.args) == 1 and isinstance(call.args[0], ast.Name | ast.BinOp)
            if is_plain and names_in(call.args[0]) & targets_of(loops[-1]):
                yield match_of(call, f"{code.text(call)} is asked for one number at a time")


def _is_by_row(call: ast.Call) -> bool:
    return any(
        k.arg == "axis" and isinstance(k.value, ast.Constant) and k.value.value in (1, "columns")
        for k in call.keywords
    )


def _is_grown(code: FunctionCode, call: ast.Call) -> bool:
    """Whether what is made longer takes the place of what it was made of."""
    match code.parents[call]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in names_in(call)
    return False
