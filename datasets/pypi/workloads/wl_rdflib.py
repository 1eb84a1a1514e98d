"""Parse turtle, query the graph, serialise as n-triples."""

import _wl
import rdflib

D = (
    "@prefix ex: <http://ex.org/> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    + "\n".join(
        'ex:s%d ex:p "lit %d"@en ; ex:q %d, %d ; ex:r ex:o%d ; ex:d "2020-01-01"^^xsd:date .'
        % (i, i, i, i + 1, i % 10)
        for i in range(150)
    )
)


def main():
    g = rdflib.Graph()
    g.parse(data=D, format="turtle")
    n = len(g) + sum(1 for _ in g.triples((None, rdflib.URIRef("http://ex.org/r"), None)))
    n += len(set(g.objects())) + len(g.serialize(format="nt"))
    return n


_wl.run(main, 3)
