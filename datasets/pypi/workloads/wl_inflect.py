"""Plurals, articles and number words."""

import _wl
import inflect

p = inflect.engine()
W = [
    "cat",
    "ox",
    "analysis",
    "box",
    "knife",
    "child",
    "hero",
    "city",
    "mother-in-law",
    "formula",
    "sheep",
    "bacillus",
]


def main():
    n = 0
    for w in W:
        n += (
            len(p.plural(w))
            + len(p.a(w))
            + len(p.plural_noun(w, 3))
            + len(str(p.singular_noun(p.plural(w))))
        )
    for i in range(0, 3000, 371):
        n += len(p.number_to_words(i)) + len(p.ordinal(i))
    return n


_wl.run(main, 25)
