"""Playbook of the skill serialization-schema-change."""

import re

from workbench.agent.playbook import (
    HINT,
    LIKELY,
    added_line,
    carries,
    grown,
    mechanism,
    name_of,
    setting,
)

CODES = re.compile(
    r"(?:en|de)cod|serial|marshal|(?<![a-z])json(?![a-z])|(?-i:[a-z]Json|JSON)|proto(?!col)|pickle|msgpack|avro|thrift|cbor|"
    r"parse_?obj|to_dict",
    re.IGNORECASE,
)
"""Functions and modules that turn values into bytes, or back."""
WORK = re.compile(
    r"\b\w*(?:valid|check|coerc|convert|(?<![a-z])sign|digest|hmac|hash|encod|decod|serial|dump|load|format|"
    r"isinstance)\w*\s*\(|\bisinstance\(",
    re.IGNORECASE,
)
SCHEMA_FILE = re.compile(r"\.(?:proto|avsc|thrift|graphqls?|xsd|fbs)$|schema", re.IGNORECASE)


def signs(suspect, scene):
    """New work for each value in code that encodes, or a schema that moved, where encoding grew."""
    coding = [*carries(suspect, scene, CODES, HINT), *setting(suspect, scene, CODES, LIKELY)]
    if not coding and not any(SCHEMA_FILE.search(path) for path in suspect.diff.paths):
        return []
    work = [*added_line(suspect, WORK, LIKELY, "checks or converts values")]
    return [*coding, *work, *grown(scene, CODES, HINT)]


relevance, investigate = mechanism(
    signs,
    category="serialisation",
    mitigation="revert",
    tell=lambda suspect: (
        f"{name_of(suspect)} does more for each value that it encodes since {suspect.id}."
    ),
)
