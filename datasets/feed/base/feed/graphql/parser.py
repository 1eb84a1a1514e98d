import json
from typing import Any

from feed.graphql.lexer import Token, lex
from feed.graphql.nodes import (
    Directive,
    Document,
    Field,
    Fragment,
    FragmentSpread,
    Selection,
    Variable,
)
from feed.http import BadRequest

_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(query: str) -> Document:
    """Parse a query: one operation and any number of fragments."""
    return Parser(lex(query)).document()


class Parser:
    """Recursive descent over tokens; one method a rule of the grammar."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._i = 0

    def document(self) -> Document:
        """operation fragment*"""
        document = self.operation()
        while self._peek().kind != "end":
            fragment = self.fragment()
            document.fragments[fragment.name] = fragment
        return document

    def operation(self) -> Document:
        """("query" | "mutation") name variables? selections"""
        if self._peek().text not in ("query", "mutation"):
            raise self._unexpected('"query" or "mutation"')
        self._advance()
        name = self._name()
        defaults = self.variable_definitions() if self._peek().text == "(" else {}
        return Document(name, defaults, self.selections())

    def variable_definitions(self) -> dict[str, Any]:
        """ "(" ("$" name ":" type ("=" value)?)* ")" """
        defaults = {}
        self._expect("(")
        while not self._accept(")"):
            self._expect("$")
            name = self._name()
            self._expect(":")
            self.type_name()
            if self._accept("="):
                defaults[name] = self.value()
        return defaults

    def type_name(self) -> str:
        """name | "[" type "]", and "!" where it must be there"""
        if self._accept("["):
            inner = self.type_name()
            self._expect("]")
        else:
            inner = self._name()
        self._accept("!")
        return inner

    def fragment(self) -> Fragment:
        """ "fragment" name "on" type selections"""
        self._expect("fragment")
        name = self._name()
        self._expect("on")
        return Fragment(name, self._name(), self.selections())

    def selections(self) -> tuple[Selection, ...]:
        """ "{" (field | "..." name directives)* "}" """
        self._expect("{")
        found: list[Selection] = []
        while not self._accept("}"):
            found.append(self.spread() if self._accept("...") else self.field())
        return tuple(found)

    def spread(self) -> FragmentSpread:
        """name directives, after the dots"""
        return FragmentSpread(self._name(), self.directives())

    def field(self) -> Field:
        """(key ":")? name arguments? directives selections?"""
        key = name = self._name()
        if self._accept(":"):
            name = self._name()
        arguments = self.arguments() if self._peek().text == "(" else {}
        directives = self.directives()
        selections = self.selections() if self._peek().text == "{" else ()
        return Field(key, name, arguments, directives, selections)

    def arguments(self) -> dict[str, Any]:
        """ "(" (name ":" value)* ")" """
        found = {}
        self._expect("(")
        while not self._accept(")"):
            name = self._name()
            self._expect(":")
            found[name] = self.value()
        return found

    def directives(self) -> tuple[Directive, ...]:
        """("@" name arguments?)*"""
        found = []
        while self._accept("@"):
            name = self._name()
            found.append(Directive(name, self.arguments() if self._peek().text == "(" else {}))
        return tuple(found)

    def value(self) -> Any:
        """variable, number, string, constant, enum, or list of them"""
        token = self._advance()
        if token.text == "$":
            return Variable(self._name())
        if token.text == "[":
            return self._list()
        if token.kind == "int":
            return int(token.text)
        if token.kind == "float":
            return float(token.text)
        if token.kind == "string":
            return json.loads(token.text)
        if token.kind == "name":
            return _CONSTANTS.get(token.text, token.text)
        raise BadRequest(f"query, character {token.start}: expected a value, got {token.text!r}")

    def _list(self) -> list[Any]:
        values = []
        while not self._accept("]"):
            values.append(self.value())
        return values

    def _peek(self) -> Token:
        return self._tokens[self._i]

    def _advance(self) -> Token:
        token = self._tokens[self._i]
        self._i += 1
        return token

    def _accept(self, text: str) -> bool:
        if self._tokens[self._i].text != text:
            return False
        self._i += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(repr(text))

    def _name(self) -> str:
        if self._peek().kind != "name":
            raise self._unexpected("a name")
        return self._advance().text

    def _unexpected(self, expected: str) -> BadRequest:
        token = self._peek()
        seen = "the end" if token.kind == "end" else f"{token.text!r} at character {token.start}"
        return BadRequest(f"query: expected {expected}, got {seen}")
