"""Which skills a person's words ask for.

Each skill says in its metadata by what it is triggered: phrases between semicolons, of words in any
order, each with alternatives between bars. A star at the end of a word stands for any ending, one
at the beginning for any beginning, # for any number; underscores join words that follow upon each
other::

    triggers: "log|logs volume|sampl*|level; limit #_to_#; regex*"
    not-for: "log_in|login"

A question triggers a skill when it holds every word of one of its phrases, speaks of cost or
slowness, and holds no phrase that the skill is not for. The first word of a phrase is what it is
about and counts most, more so where it is the only one: of the skills that are triggered, the one
whose phrases hold the most of the question is taken, and one more that is close. Names in code are
read as a whole and by their parts, so `stack_trace` is in `fillInStackTrace`; an arrow is read as
`to`, `+5 %` as `up`, `-5 %` as `down`. Words in common with a skill's triggers (BM25) decide
between equals, and, where no phrase is held but cost is spoken of plainly, alone. A chat model
reads descriptions instead.
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
    r"gr[eo]wn?s?|growth|burn\w*|eat\w*|overhead|utili[sz]\w*|loads?|paus\w*|watts?|servers?|hosts?|boxes|fleet|"
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
_PLAIN = re.compile(
    r"\b(?:g?cpus?|cores|cycles|latenc\w*|p\d{2,3}|regress\w*|costs?|dear\w*|slow(?:er)?|throughput|"
    r"capacity|flame\w*|profile)\b"
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
_CLOSE, _LEAST = 0.55, 6
"""Part of the best score, and score, from which a second skill is taken too."""
_MOST = 2
_WORDS, _ENOUGH = 0.1, 7.5
"""What words in common with triggers count beside phrases; from where they do without any."""


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
    question = unicodedata.normalize("NFKC", question)
    if not _speaks_of_cost(question.lower()):
        return []
    text = _words(question)
    triggers = {
        skill.name: skill.metadata.get("triggers", "")
        for skill in skills
        if not _held(text, skill.metadata.get("not-for", ""))
    }
    alike = TextIndex.of(triggers.values()).scores(question)
    words = dict(zip(triggers, alike, strict=True))
    held = {name: _score(text, phrases) for name, phrases in triggers.items()}
    scores = {name: score + _WORDS * words[name] for name, score in held.items() if score}
    if not scores and _PLAIN.search(question.lower()):
        scores = {name: score for name, score in words.items() if score >= _ENOUGH}
        return sorted(scores, key=lambda name: (-scores[name], name))[:1]
    order = sorted(scores, key=lambda name: (-scores[name], name))
    best = max(scores.values(), default=0.0)
    close = max(_LEAST, _CLOSE * best)
    return order[:1] + [name for name in order[1:_MOST] if scores[name] >= close]


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
