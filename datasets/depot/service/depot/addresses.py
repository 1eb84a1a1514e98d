"""Addresses as customers write them, and as the post wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from depot.errors import Invalid
from depot.model import Address
from depot.routing.geo import position

ABBREVIATIONS = {
    "str": "strasse", "pl": "platz", "al": "allee", "wg": "weg", "gs": "gasse", "br": "bruecke",
    "ch": "chaussee", "uf": "ufer", "mkt": "markt", "st": "sankt", "ob": "ober", "unt": "unter",
    "dr": "doktor", "prof": "professor", "gr": "grosse", "kl": "kleine", "frh": "freiherr",
    "dipl": "diplom", "ing": "ingenieur", "mag": "magister", "geb": "geborene", "hs": "haus",
    "hf": "hof", "bhf": "bahnhof", "alt": "alte", "prom": "promenade", "stg": "steig",
    "nr": "nummer", "hbf": "hauptbahnhof", "hgl": "huegel", "bg": "berg", "bgm": "buergermeister",
    "kom": "kommerzienrat", "stdt": "stadt", "vst": "vorstadt", "nied": "nieder", "mttl": "mittlere",
    "pfr": "pfarrer", "gen": "general", "kg": "kuenstlerin", "frl": "fraeulein", "sen": "senior",
    "jun": "junior", "whg": "wohnung", "etg": "etage", "hth": "hinterhaus",
}  # fmt: skip
_POSTCODE = re.compile(r"\d{5}")
_SPACES = re.compile(r"\s+")


def expand(words: str) -> str:
    """Return a street or a name with its abbreviations written out."""
    longest_first = sorted(ABBREVIATIONS, key=len, reverse=True)
    pattern = re.compile("(" + "|".join(re.escape(short) for short in longest_first) + r")\.", re.I)
    return pattern.sub(lambda match: ABBREVIATIONS[match[1].lower()], words)


def title_case(words: str) -> str:
    """Return words with a capital each, as names and streets have it."""
    return " ".join(word[:1].upper() + word[1:] for word in words.split(" "))


def read_address(told: Mapping[str, str]) -> Address:
    """Return an address as the post wants it; Invalid where something is missing or wrong."""
    parts = {}
    for name in ("name", "street", "postcode", "town"):
        parts[name] = _SPACES.sub(" ", str(told.get(name, ""))).strip()
        if not parts[name]:
            raise Invalid(f"an address needs a {name}")
    if not _POSTCODE.fullmatch(parts["postcode"]):
        raise Invalid(f"{parts['postcode']} is no postcode")
    town = title_case(expand(parts["town"].lower()))
    position(town)
    name = title_case(expand(parts["name"]))
    street = title_case(expand(parts["street"].lower()))
    return Address(name, street, parts["postcode"], town)
