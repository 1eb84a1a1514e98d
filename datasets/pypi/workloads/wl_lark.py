"""LALR parse with a contextual lexer, a tree and a transformer."""

import _wl
from lark import Lark, Transformer

G = _wl.pick(
    r"""
start: pair*
pair: NAME "=" value ";"
?value: sum | STRING | "[" (value ("," value)*)? "]" -> list
?sum: prod | sum "+" prod -> add | sum "-" prod -> sub
?prod: atom | prod "*" atom -> mul
?atom: NUMBER -> num | "-" atom -> neg | "(" sum ")" | NAME -> var
STRING: /"[^"]*"/
%import common.CNAME -> NAME
%import common.NUMBER
%import common.WS
%ignore WS
""",
    r"""
start: rule+
rule: "rule" WORD "when" test ["then" call ("," call)*]
?test: both | test "or" both -> add
?both: not | both "and" not -> mul
?not: "not" not -> neg | term CMP term -> cmp | "{" test "}" -> group
?term: SIGNED_INT -> num | WORD -> var | call
call: WORD "(" [term ("," term)*] ")"
CMP: "<=" | "==" | ">"
WORD: /[a-z_]+[0-9]*/
%import common.SIGNED_INT
%import common.WS
%ignore WS
%ignore /#[^\n]*/
""",
)


class T(Transformer):
    def num(self, c):
        return float(c[0])

    def add(self, c):
        return ("+", c)


p = Lark(G, parser="lalr", propagate_positions=True)
D = _wl.pick(
    "\n".join('v%d = 1 + 2 * (x - %d) - -3; w = ["a", "b", 4 + y];' % (i, i) for i in range(60)),
    "# all\n"
    + "\n".join(
        "rule r%d when {size(box, %d) > -4 or a <= b%d} and not c == 12 # why\n then stop(), go(x)"
        % (i, i, i)
        for i in range(55)
    ),
)


def main():
    t = p.parse(D)
    n = sum(1 for _ in t.iter_subtrees())
    T().transform(t)
    return n


def whole(n):
    t = p.parse(D)
    names = "line", "column", "end_line", "end_column", "start_pos", "end_pos"
    places = [[getattr(s.meta, k, None) for k in names] for s in t.iter_subtrees()]
    return _wl.digest(n, t.pretty(), places, T().transform(t).pretty())


_wl.run(main, 6, check=_wl.pick(None, whole))
