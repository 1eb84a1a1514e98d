"""What rules say of a text."""

import textwrap

import pytest

from workbench.opportunity import Codebase, find_matches


@pytest.fixture
def matched():
    """Text of a file, name of a pattern -> the lines on which it matches."""

    def match(text, pattern, **others):
        files = {"app.py": textwrap.dedent(text)}
        files |= {f"{name}.py": textwrap.dedent(other) for name, other in others.items()}
        codebase = Codebase(files.get, files)
        assert codebase.module("app.py") is not None, "the example is no Python"
        return [m.line for _, _, m in find_matches(codebase, "app.py", {pattern})]

    return match
