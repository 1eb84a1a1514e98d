"""Parse turtle, query the graph, serialise as n-triples."""

import _wl
import rdflib

D = _wl.pick(
    "@prefix ex: <http://ex.org/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    + "\n".join(
        'ex:s%d ex:p "lit %d"@en ; ex:q %d, %d ; ex:r ex:o%d ; ex:d "2020-01-01"^^xsd:date .'
        % (i, i, i, i + 1, i % 10)
        for i in range(150)
    ),
    "@base <http://base.invalid/a/> .\n@prefix : <urn:x:y#> .\n@prefix geo: <http://geo.invalid/v1/> .\n"
    + "\n".join(
        "<page%d> a geo:Place ; :next <page%d>, <http://else.invalid/%d?q=z> ;\n"
        '  geo:at 4%d.25 ; :ok %s ; :says """two\nlines, \\"%d\\" """, "ñandú" . # end'
        % (i, i + 1, i % 7, i, ("true", "false")[i % 2], i)
        for i in range(130)
    ),
)
ASKED = rdflib.URIRef(_wl.pick("http://ex.org/r", "urn:x:y#next"))


def main():
    g = rdflib.Graph()
    g.parse(data=D, format="turtle")
    n = len(g) + sum(1 for _ in g.triples((None, ASKED, None)))
    n += len(set(g.objects())) + len(g.serialize(format="nt"))
    return n


def whole(_n):
    g = rdflib.Graph()
    g.parse(data=D, format="turtle")
    text = g.serialize(format="nt")  # bytes in old releases, an empty line more in new ones
    lines = (text.decode() if isinstance(text, bytes) else text).split("\n")
    found = sorted(map(str, g.triples((None, ASKED, None))))
    return _wl.digest(sorted(filter(None, lines)), found, sorted(map(repr, set(g.objects()))))


_wl.run(main, 3, check=_wl.pick(None, whole))
