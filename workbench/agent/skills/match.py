"""Which skills a person's words ask for.

Each skill says in its metadata by what it is triggered: phrases between semicolons, words in any order,
alternatives between bars, a star for any ending::

    triggers: "log* volume|sampl*|level; more log* lines"
    not-for: "log in|login"

A question triggers a skill when it holds every word of one of its phrases, speaks of cost or
slowness, and holds no phrase that the skill is not for. A chat model reads descriptions instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

_WORD = re.compile(r"[a-z]+|\d+")
_SYMPTOM = re.compile(
    r"\b(?:slow\w*|cpu|latenc\w*|p\d{2,3}|regress\w*|perf\w*|cost\w*|dearer|expensive|capacity|cores?|"
    r"hot|hotter|flame\w*|profil\w*|gcpu|throughput|qps|rps|timeout\w*|spik\w*|doubled?|tripled?|"
    r"jump\w*|grew|grown|growth|burn\w*|overhead|utili[sz]ation|load|pauses?|\d+ ?ms|\d+ ?x|watts?|servers?|"
    r"startup|samples?|stall\w*|contend\w*|contention|creep\w*|climb\w*|headroom|saturat\w*)\b",
    re.IGNORECASE,
)
_CLOSE = 0.6
"""Part of the best score from which a skill is taken too."""
_MOST = 2


class Triggered(Protocol):
    """What has a name and says by what it is triggered."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """With `triggers` and `not-for`."""


def match_skills(question: str, skills: Iterable[Triggered]) -> list[str]:
    """Return the names of the skills that a question asks for, best first; none for another job."""
    if not _SYMPTOM.search(question):
        return []
    words = {*_WORD.findall(question.lower())}
    scores = {}
    for skill in skills:
        triggers = _phrases(skill.metadata.get("triggers", ""))
        if any(_holds(words, phrase) for phrase in _phrases(skill.metadata.get("not-for", ""))):
            continue
        score = sum(_holds(words, phrase) for phrase in triggers)
        if score:
            scores[skill.name] = score
    best = max(scores.values(), default=0.0)
    order = sorted(scores, key=lambda name: (-scores[name], name))
    return [name for name in order if scores[name] >= _CLOSE * best][:_MOST]


def _phrases(text: str) -> list[list[list[str]]]:
    """Return phrases, each a list of alternatives for each of its words."""
    phrases = (phrase.split() for phrase in text.lower().split(";"))
    return [[word.split("|") for word in phrase] for phrase in phrases if phrase]


def _holds(words: set[str], phrase: list[list[str]]) -> float:
    """Return how many words of a phrase there are; 0 unless all are."""
    is_there = all(any(_has(words, one) for one in alternatives) for alternatives in phrase)
    return float(len(phrase)) if is_there else 0.0


def _has(words: set[str], wanted: str) -> bool:
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in words)
    return wanted in words
