"""Hand an approved fix to the host of its repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import PatchError

if TYPE_CHECKING:
    from workbench.agent import Run

_APPROVALS = ("approve", "edit")


def check_approved(run: Run, review: Mapping[str, Any] | None = None) -> None:
    """Raise PatchError where nothing may be opened, as nobody approved it.

    An approval is what the graph kept when it waited for a person; `review` is one that it is
    about to be given.
    """
    if run.waits and not review:
        raise PatchError(
            f"{run.id} waits for a review: nothing is opened before --approve or --edit"
        )
    verdict = (review or run.said or {}).get("verdict")
    if verdict == "reject":
        raise PatchError(f"{run.id} is rejected: nothing is opened for it")
    if verdict not in _APPROVALS and run.status == "done":
        raise PatchError(
            f"{run.id} went on without a review: nothing is opened that nobody approved "
            "(workbench solve --review, then workbench resume --approve)"
        )
