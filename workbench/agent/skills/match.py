"""Which skills a person's words ask for, learned from questions that ask for each, or nearly do.

A skill keeps such questions in `evals/triggers.json`, those that it is for and those that only
share its words. From all skills on offer a linear classifier is learned (support vectors over the
TF-IDF of words, pairs of words and parts of words; scikit-learn), each skill against the rest, and
another job likewise. The best is taken, and a second skill that is not far from its margin, unless
it is for savings where the best is for regressions. A chat model reads descriptions instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from workbench.agent.skills.questions import TriggerQuestion

_ANOTHER_JOB = ""
"""Name of the class of questions that no skill is for."""
_BESIDE = -0.3
"""Margin from which a second skill is asked for; on its side of it, it would be 0."""
_UNKNOWN_WORDS = 20
"""So many questions of another job are in words that nobody knows."""
_SIGNS = (
    (re.compile(r"->|=>|→"), " to "),
    (re.compile(r"([a-z])([A-Z])"), r"\1 \2"),
    (re.compile(r"([A-Z]+)([A-Z][a-z])"), r"\1 \2"),
    (re.compile(r"_"), " "),
    (re.compile(r"\d+(?:[.,]\d+)*"), "0"),
)
"""What is written in many ways, and how it is read: names in code by their parts, any number alike.
"""


class Triggered(Protocol):
    """What has a name and says by what it is triggered."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def description(self) -> str:
        """When to use it."""

    @property
    def side(self) -> str:
        """Whether it is for regressions or for opportunities."""

    @property
    def questions(self) -> tuple[TriggerQuestion, ...]:
        """Questions that ask for it, and near misses."""


def match_skills(question: str, skills: Iterable[Triggered]) -> list[str]:
    """Return the names of the skills that a question asks for, best first; none for another job."""
    offered = {skill.name: skill for skill in skills}
    known = tuple((name, skill.description, skill.questions) for name, skill in offered.items())
    if not question.strip() or not known:
        return []
    margins = _learn(known).margins(question)
    order = sorted(margins, key=lambda name: (-margins[name], name))
    if order[0] == _ANOTHER_JOB:
        return []
    first, *others = [name for name in order if name != _ANOTHER_JOB]
    fitting = {"defense", offered[first].side}
    second = next((name for name in others if offered[name].side in fitting), "")
    return [first, second] if second and margins[second] >= _BESIDE else [first]


class _Learned:
    """Skills as they are told apart by words."""

    def __init__(self, asked: Mapping[str, Collection[str]]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # a second to import
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_union
        from sklearn.preprocessing import MultiLabelBinarizer
        from sklearn.svm import LinearSVC

        words = {"analyzer": "word", "token_pattern": r"[a-z]+|\d+", "ngram_range": (1, 2)}
        parts = {"analyzer": "char_wb", "ngram_range": (3, 4)}
        self._features = make_union(*(
            TfidfVectorizer(preprocessor=_plain, sublinear_tf=True, **told)
            for told in (words, parts)
        ))  # fmt: skip
        texts = [*asked, *[""] * _UNKNOWN_WORDS]
        classes = [*asked.values(), *[[_ANOTHER_JOB]] * _UNKNOWN_WORDS]
        features, names = self._features.fit_transform(texts), MultiLabelBinarizer()
        self._classifier = OneVsRestClassifier(LinearSVC(random_state=0))
        self._classifier.fit(features, names.fit_transform(classes))
        self._names = [str(name) for name in names.classes_]

    def margins(self, question: str) -> dict[str, float]:
        """Return how far on its side of the margin a question is, of each skill and of none."""
        told = self._classifier.decision_function(self._features.transform([question]))[0]
        return dict(zip(self._names, told.tolist(), strict=True))


@lru_cache(maxsize=4)
def _learn(known: tuple[tuple[str, str, tuple[TriggerQuestion, ...]], ...]) -> _Learned:
    """Learn skills from their questions, and from what they say they are for."""
    asked: dict[str, set[str]] = {}
    for name, description, questions in known:
        asked.setdefault(re.split(r"\bNot\b", description)[0], set()).add(name)
        for told in questions:
            asked.setdefault(told.query, set()).update({name} if told.should_trigger else ())
    return _Learned({text: sorted(names) or [_ANOTHER_JOB] for text, names in asked.items()})


def _plain(question: str) -> str:
    """Return a question in lower case, as its words are compared."""
    text = unicodedata.normalize("NFKC", question)
    for sign, word in _SIGNS:
        text = sign.sub(word, text)
    return text.lower()
