import re

_RULES = (
    (re.compile(r"(?i)\b(?:free|cheap|win|winner)\b.{0,40}\b(?:now|today|click)\b"), 0.5),
    (re.compile(r"(?i)\bhttps?://\S+\.(?:biz|top|win)\b"), 0.6),
    (re.compile(r"([!?$])\1{3,}"), 0.3),
    (re.compile(r"(?:#\w+\s+){6,}"), 0.4),
)
THRESHOLD = 0.6


def shouting_ratio(text: str) -> float:
    """Share of capitals among the letters of a text."""
    n_letters = sum(map(str.isalpha, text))
    return sum(map(str.isupper, text)) / n_letters if n_letters else 0.0


def spam_score(text: str) -> float:
    """Return how much a text looks like spam, from 0 up; it is from `THRESHOLD` on."""
    score = sum(weight for rule, weight in _RULES if rule.search(text))
    if len(text) > 20 and shouting_ratio(text) > 0.7:
        score += 0.3
    return score


def is_spam(text: str) -> bool:
    """Tell whether a text is held back."""
    return spam_score(text) >= THRESHOLD
