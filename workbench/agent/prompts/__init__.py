"""What models are told: texts with named places to fill in."""

import re
from pathlib import Path
from string import Template


def prompt(file: str, /, **values: str) -> str:
    """Return a text with its places filled in; KeyError for one that is not given."""
    text = (Path(__file__).parent / f"{file}.md").read_text(encoding="utf-8")
    return re.sub(r"\n{3,}", "\n\n", Template(text).substitute(values)).strip()
