"""Parse arithmetic expressions and assignments with a pyparsing grammar."""

import _wl
import pyparsing as pp

num = pp.Regex(r"\d+(\.\d+)?").setParseAction(lambda t: float(t[0]))
name = pp.Word(pp.alphas, pp.alphanums + "_")
expr = pp.Forward()
call = pp.Group(name + pp.Suppress("(") + pp.Optional(pp.delimitedList(expr)) + pp.Suppress(")"))
atom = call | name | num | pp.Suppress("(") + expr + pp.Suppress(")")
term = pp.Group(atom + pp.ZeroOrMore(pp.oneOf("* /") + atom))
expr <<= pp.Group(term + pp.ZeroOrMore(pp.oneOf("+ -") + term))
stmt = pp.Group(name("lhs") + pp.Suppress("=") + expr("rhs") + pp.Suppress(";"))
prog = pp.ZeroOrMore(stmt)
T = _wl.pick(
    "\n".join("v%d = foo(a, b + 2, %d) * (x + y_%d) - 3.5 / z;" % (i, i, i) for i in range(25)),
    "\n\n".join("Sum_%d=((%d.25-k)) / 7\n + go() * p( q(r%d),1 );" % (i, i, i) for i in range(21)),
)


def main():
    r = prog.parseString(T, parseAll=True)
    return len(r), len(r.asList()[3]), r[2]["lhs"]


def whole(value):
    r = prog.parseString(T, parseAll=True)
    return _wl.digest(value, r.asList(), [s.asDict() for s in r], r[0].dump())


_wl.run(main, 8, check=_wl.pick(None, whole))
