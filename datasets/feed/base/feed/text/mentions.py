import re
from dataclasses import dataclass

_MENTION = re.compile(r"(?<!\w)@([a-z][a-z0-9_]{1,29})")
_HASHTAG = re.compile(r"(?<!\w)#([A-Za-z][A-Za-z0-9]{1,39})")


@dataclass(frozen=True, slots=True)
class Entity:
    """A part of a text that links somewhere: `start` to `end` (not included), in characters."""

    kind: str
    value: str
    start: int
    end: int


def find_mentions(text: str) -> list[Entity]:
    """Find the people whom a text names."""
    return [Entity("mention", m.group(1), *m.span()) for m in _MENTION.finditer(text)]


def find_hashtags(text: str) -> list[Entity]:
    """Find the topics that a text names."""
    return [Entity("hashtag", m.group(1), *m.span()) for m in _HASHTAG.finditer(text)]


def find_entities(text: str) -> list[Entity]:
    """Find all parts that link somewhere, in order."""
    return sorted(find_mentions(text) + find_hashtags(text), key=lambda entity: entity.start)
