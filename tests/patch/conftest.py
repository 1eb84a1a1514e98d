"""Builders: revisions as literals -> what differs between them."""

from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from itertools import pairwise

import pytest

from workbench.history import FileWeave, Hunk, split_lines
from workbench.patch.revert.edits import EditMap

Texts = Mapping[str, str]


@pytest.fixture
def make_edits() -> Callable[..., EditMap]:
    """The files of each revision -> an edit map; revision n was made by commit `c<n>`."""

    def make(*revisions: Texts) -> EditMap:
        weaves: dict[str, FileWeave] = {}
        for number, (before, after) in enumerate(pairwise(revisions), start=1):
            for path in sorted(before.keys() | after.keys()):
                old, new = (split_lines(side.get(path, "")) for side in (before, after))
                if old == new:
                    continue
                weave = weaves.setdefault(path, FileWeave(path, revisions[0].get(path)))
                shift = 0
                for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new).get_opcodes():
                    if tag != "equal":
                        hunk = Hunk(path, i, tuple(old[i:i_end]), tuple(new[j:j_end]))
                        weave.weave(f"c{number}", hunk, shift)
                        shift += (j_end - j) - (i_end - i)
        return EditMap(revisions[0], revisions[-1], weaves)

    return make
