"""LALR parse with a contextual lexer, a tree and a transformer."""

import _wl
from lark import Lark, Transformer

G = r"""
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
"""


class T(Transformer):
    def num(self, c):
        return float(c[0])

    def add(self, c):
        return ("+", c)


p = Lark(G, parser="lalr", propagate_positions=True)
D = "\n".join('v%d = 1 + 2 * (x - %d) - -3; w = ["a", "b", 4 + y];' % (i, i) for i in range(60))


def main():
    t = p.parse(D)
    n = sum(1 for _ in t.iter_subtrees())
    T().transform(t)
    return n


_wl.run(main, 6)
