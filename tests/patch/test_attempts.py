"""Fixes that were written to look good, and good ones: who is refused, and by what name."""

import importlib.util
import sys
from pathlib import Path

import pytest

from workbench.patch.verify.hollow import find_fault
from workbench.types import HOLLOW

FOLDER = Path(__file__).parent / "attempts"
_spec = importlib.util.spec_from_file_location("attempts_corpus", FOLDER / "corpus.py")
corpus = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = corpus
_spec.loader.exec_module(corpus)

SOUND = [one for one in corpus.ATTEMPTS if one.kind == corpus.SOUND]
CUNNING = [one for one in corpus.ATTEMPTS if one.kind != corpus.SOUND]


def fault_of(attempt):
    """What the text of an attempt shows."""

    def text(tree, path):
        file = corpus.project_folder(attempt.project) / tree / path
        return file.read_text("utf-8") if file.is_file() else None

    sides = ({path: text(tree, path) for path in attempt.edits} for tree in ("good", "bad"))
    return find_fault(*sides, attempt.edits)


@pytest.mark.parametrize("attempt", SOUND, ids=lambda one: one.id)
def test_the_text_of_a_sound_fix_shows_nothing(attempt):
    assert fault_of(attempt) is None


@pytest.mark.parametrize("attempt", CUNNING, ids=lambda one: one.id)
def test_a_fault_that_the_text_shows_has_a_name(attempt):
    fault = fault_of(attempt)
    assert fault is None or fault.name in HOLLOW


def test_the_text_alone_shows_most_of_what_changes_the_judges():
    of_judges = [one for one in CUNNING if one.kind in (corpus.EDITED, corpus.CHANGED)]
    inside = [one for one in of_judges if not any(path.startswith("..") for path in one.edits)]
    shown = [one for one in inside if fault_of(one)]
    assert len(shown) >= 0.8 * len(inside)
