"""Which skills a person's words ask for.

Each skill says in its metadata by what it is triggered: phrases between semicolons, of words in any
order, each with alternatives between bars. A star at the end of a word stands for any ending, one
at the beginning for any beginning, # for any number; underscores join words that follow upon each
other::

    triggers: "log|logs volume|sampl*|level; limit #_to_#; regex*"
    not-for: "log_in|login"

A question is read only where it speaks of cost or slowness, and a skill is left out that says it is
not for it. Of the others, the one is taken that fits best, and one more that is close: by the
phrases that the question holds in full, of which the first word is what they are about and
counts most; and by the words that it has in common with the triggers, and with all that the skill
says (BM25). Names in code are read as a whole and by their parts, so `stack_trace` is in
`fillInStackTrace`; an arrow is read as `to`, `+5 %` as `up`, `-5 %` as `down`. A chat model reads
descriptions instead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol

from workbench.agent.tools.relevance import TextIndex

_SYMPTOM = re.compile(
    r"\b(?:slow\w*|sluggish|cpus?|cores?|latenc\w*|p\d{2,3}|regress\w*|perf\w*|costs?|costl\w*|"
    r"dear\w*|expensive|cheap\w*|capacity|hot|hott\w+|flame\w*|\w*profil\w*|py spy|gcpu|throughput|"
    r"qps|rps|time[sd]? ?outs?|timeouts?|spik\w*|(?:doubl|tripl|quadrupl|halv)\w*|jump\w*|"
    r"gr[eo]wn?s?|growth|burn\w*|eat\w*|overhead|utili[sz]\w*|loads?|paus\w*|watts?|servers?|"
    r"hosts?|boxes|fleet|"
    r"start ?up|boot|stall\w*|hang\w*|stuck|contend\w*|contention|creep\w*|climb\w*|headroom|"
    r"saturat\w*|peg\w*|longer|twice|takes?|cycles|samples?|frames?|wall|busy|alert\w*|detector|"
    r"heavier|wast\w*|backlog|lag\w*|volume|millis\w*|efficien\w*|forever|hours|landed|piles? up|"
    r"(?:went|goes|is|are|gone|time) (?:way )?up|self time|more (?:time|work|calls|queries)|"
    r"(?:per|each|every) (?:\w+ )?(?:request|page|row|item|call|event|message|record|element)|"
    r"sql statements|round trips|rises?|rose|blow\w* up|hit rate|heat\w*|hammer\w*|unchanged|"
    r"fix(?:ing)? forward|revert (?:commit|it|or|now|safely)|safe(?:ly)? (?:to )?revert\w*|"
    r"\d+ (?:times|calls|queries)|(?:tight|inner|hot) loop|culprit|mitigat\w+|"
    r"since (?:the|that|it|we|pr|commit|release|deploy|build|v\d+|\w+day))\b"
)
_FIGURE = re.compile(
    r"\d ?%|\bpercent|\d ?[x×](?![a-z])|\bx ?\d|\d ?(?:\w?s|sec|seconds|min|minutes|h)\b|"
    r"\d\w* ?(?:->|=>|→)|(?:->|=>|→) ?\d|\d ?/ ?(?:s|min|h)\b|\d[km]\b|\bo\("
)
_WORD = re.compile(r"[A-Za-z]+|\d+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIGNS = (
    (re.compile(r"->|=>|→"), " to "),
    (re.compile(r"(?<![\w+])\+ ?(?=\d)"), " up "),
    (re.compile(r"(?<![\w-])[-\u2212](?=\d[\d.]* ?%)"), " down "),
)
_ALONE, _ABOUT, _OTHERS = 3, 4, 4
"""The most that a phrase of a single word counts for a skill, that words which phrases are about
do, at 2 each, and that their other words do, at 1 each."""
_OF_TRIGGERS, _OF_ALL = 0.3, 0.2
"""What words in common with the triggers count beside phrases, and those with all of a skill."""
_LEAST, _CLOSE = 5.0, 0.7
"""Score below which a skill is not asked for; part of the best from which a second one is."""
_NAME, _DESCRIPTION = 6, 4
"""How often these count in all that a skill says, its instructions once."""


class Triggered(Protocol):
    """What has a name and says by what it is triggered."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def description(self) -> str:
        """When to use it."""

    @property
    def body(self) -> str:
        """Its instructions."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """With `triggers` and `not-for`."""


def match_skills(question: str, skills: Iterable[Triggered]) -> list[str]:
    """Return the names of the skills that a question asks for, best first; none for another job."""
    question = unicodedata.normalize("NFKC", question)
    if not _speaks_of_cost(question.lower()):
        return []
    text = _words(question)
    known = tuple(skills)
    triggers = tuple(skill.metadata.get("triggers", "") for skill in known)
    alike = _index(triggers).scores(question), _index(tuple(map(_all_of, known))).scores(question)
    scores = {
        skill.name: _score(text, phrases) + _OF_TRIGGERS * words + _OF_ALL * all_words
        for skill, phrases, words, all_words in zip(known, triggers, *alike, strict=True)
        if not _held(text, skill.metadata.get("not-for", ""))
    }
    order = sorted(scores, key=lambda name: (-scores[name], name))
    least = max(_LEAST, _CLOSE * max(scores.values(), default=0.0))
    return [name for name in order[:1] if scores[name] >= _LEAST] + [
        name for name in order[1:2] if scores[name] >= least
    ]


def _all_of(skill: Triggered) -> str:
    name = skill.name.replace("-", " ")
    return " ".join([*[name] * _NAME, *[skill.description] * _DESCRIPTION, skill.body])


@lru_cache(maxsize=8)
def _index(texts: tuple[str, ...]) -> TextIndex:
    return TextIndex.of(texts)


def _speaks_of_cost(question: str) -> bool:
    words = re.sub(r"[^a-z0-9]+", " ", question)
    return bool(_SYMPTOM.search(words) or _FIGURE.search(question))


def _words(question: str) -> str:
    """Return the words of a question in lower case, by the parts of names and then as a whole."""
    for sign, word in _SIGNS:
        question = sign.sub(word, question)
    return " ".join([*_PART.findall(question), "/", *_WORD.findall(question)]).lower()


def _score(text: str, phrases: str) -> int:
    """Return how much of a question phrases hold."""
    held = _held(text, phrases)
    about = set[str]().union(*(phrase[0] for phrase in held))
    others = set[str]().union(*(words for phrase in held for words in phrase[1:])) - about
    is_alone = any(len(phrase) == 1 for phrase in held)
    return _ALONE * is_alone + min(_ABOUT, 2 * len(about)) + min(_OTHERS, len(others))


def _held(text: str, phrases: str) -> list[list[set[str]]]:
    """Return the phrases held in full, each as what its words, in their order, stand for."""
    found = ([pattern.findall(text) for pattern in phrase] for phrase in _patterns(phrases))
    return [
        [{word for match in matches for word in match.split()} for matches in phrase]
        for phrase in found
        if all(phrase)
    ]


@lru_cache(maxsize=256)
def _patterns(phrases: str) -> list[list[re.Pattern[str]]]:
    """Return phrases, each a pattern for each of its words; blanks beside a bar do not count."""
    text = re.sub(r"\s*\|\s*", "|", phrases.lower())
    return [
        [_pattern(word) for word in phrase.split()] for phrase in text.split(";") if phrase.strip()
    ]


def _pattern(word: str) -> re.Pattern[str]:
    alternatives = (
        r"\w+" * one.startswith("*")
        + re.escape(one.strip("*").replace("_", " ")).replace(r"\#", r"\d+")
        + r"\w*" * one.endswith("*")
        for one in word.split("|")
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")
