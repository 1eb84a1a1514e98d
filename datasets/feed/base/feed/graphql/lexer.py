import re
from typing import NamedTuple

from feed.http import BadRequest

_TOKEN = re.compile(
    r"(?P<skip>[\s,]+|\#[^\n]*)"
    r"|(?P<spread>\.\.\.)"
    r"|(?P<name>[_A-Za-z][_0-9A-Za-z]*)"
    r"|(?P<float>-?\d+\.\d+)"
    r"|(?P<int>-?\d+)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<punctuator>[!$():=@\[\]{}|])"
)


class Token(NamedTuple):
    """One token; `start` is in characters from the query's beginning."""

    kind: str
    text: str
    start: int


END = Token("end", "", -1)


def lex(query: str) -> list[Token]:
    """Split a query into tokens; white space, commas and comments are left out."""
    tokens, position = [], 0
    while position < len(query):
        match = _TOKEN.match(query, position)
        if match is None:
            raise BadRequest(f"query, character {position}: unexpected {query[position]!r}")
        if match.lastgroup != "skip":
            tokens.append(Token(match.lastgroup or "", match.group(), position))
        position = match.end()
    tokens.append(END)
    return tokens
