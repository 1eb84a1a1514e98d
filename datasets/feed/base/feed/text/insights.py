from dataclasses import dataclass

from feed.text.language import guess_language
from feed.text.mentions import Entity, find_entities
from feed.text.spam import is_spam
from feed.text.tokens import tokenize


@dataclass(frozen=True, slots=True)
class Insights:
    """What a text says: its links, its language, and whether it looks like spam."""

    entities: list[Entity]
    language: str
    is_spam: bool


def read_insights(text: str) -> Insights:
    """Look at a text from all sides; costly, so callers keep the answer."""
    return Insights(find_entities(text), guess_language(tokenize(text)), is_spam(text))
