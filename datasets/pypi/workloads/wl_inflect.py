"""Plurals, articles and number words."""

import _wl
import inflect

p = inflect.engine()
W = _wl.pick(
    [
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
    ],
    "hour wolf criterion mouse church toy echo unicorn matrix salmon thief attorney-general".split(),
)
NUMBERS = _wl.pick(range(0, 3000, 371), range(12, 70000, 8713))


def main():
    n = 0
    for w in W:
        n += (
            len(p.plural(w))
            + len(p.a(w))
            + len(p.plural_noun(w, 3))
            + len(str(p.singular_noun(p.plural(w))))
        )
    for i in NUMBERS:
        n += len(p.number_to_words(i)) + len(p.ordinal(i))
    return n


def whole(n):
    words = [(p.plural(w), p.a(w), p.plural_noun(w, 3), p.singular_noun(p.plural(w))) for w in W]
    return _wl.digest(n, words, [(p.number_to_words(i), p.ordinal(i)) for i in NUMBERS])


_wl.run(main, 25, check=_wl.pick(None, whole))
