"""What an edit shows by its text of gaining nothing by what it seems to.

An edit is compared with the code as it is and with the code before the regression: what either of
them has is no news. Each fault is a key of `HOLLOW` and what was seen where.
"""

from __future__ import annotations

from workbench.patch.verify.hollow.caches import keeps_without_bound
from workbench.patch.verify.hollow.judges import edits_judge
from workbench.patch.verify.hollow.left_out import leaves_out
from workbench.patch.verify.hollow.measurement import changes_measurement
from workbench.patch.verify.hollow.side import TESTS, Fault, Side, Texts


def find_fault(base: Texts, head: Texts, files: Texts) -> Fault | None:
    """Return the first thing that shows an edit to be hollow; None where nothing does.

    Parameters
    ----------
    base, head, files : mapping of path to text
        The edited files before the regression, now, and as edited; None for one that is not there.
    """
    for path in sorted(files):
        before, now, after = base.get(path), head.get(path), files[path]
        if after in (before, now) or (after is None and before is None):
            continue
        if fault := edits_judge(path, now, after):
            return fault
        if path.endswith(".py") and after is not None and not TESTS.search(path):
            sides = [Side(text) for text in (before, now) if text is not None]
            edited = Side(after)
            fault = changes_measurement(path, sides, edited)
            if fault := fault or keeps_without_bound(path, sides, edited):
                return fault
    return leaves_out(base, head, files)
