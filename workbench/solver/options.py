"""How to solve, and where investigations are kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:
    from workbench.capacity import Assumptions
    from workbench.detect import DetectConfig

_FILE = "investigations.db"


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """How to solve."""

    model: str = "playbook"
    """`playbook`, or `provider:model` as LangChain's init_chat_model knows it."""
    skills: Path | None = None
    """Folder of skills. Default: those that come with the workbench."""
    fix: bool = True
    """Run the workload: to reproduce what is not sure, and to make and measure a fix."""
    n_runs: int = 5
    """Interleaved runs of each version that a verification makes."""
    regression: str = ""
    """Id of the regression to investigate, or what it is of. Default: the largest."""
    opportunity: str = ""
    """Id of an opportunity to mend, in place of a regression (`find_opportunities`)."""
    question: str = ""
    """What a person asks about it; skills are chosen by it too."""
    review: bool = False
    """Stop at the diagnosis, until a person has approved it."""
    fix_first: bool = False
    """With `review`: make and measure the fix before the person is asked, who then sees it. It is
    kept with the investigation, and on no branch before it is approved."""
    detection: DetectConfig | None = None
    """What counts as a regression. Default: what is worth an investigation by a program; where a
    person looks on, `DetectConfig()` shows more."""
    assumptions: Assumptions | None = None
    """What servers, power and money are taken to be. Default: what the store tells."""
    budget: Mapping[str, Any] = field(default_factory=dict)
    """What the investigation may take, as `workbench.agent.Budget` has it."""
    base_url: str = ""
    """Where the model is, for a provider's client that can be pointed elsewhere."""


def investigations_file() -> Path:
    """Return the file of investigations: `WORKBENCH_STATE`, or in it, or the user's."""
    if told := os.environ.get("WORKBENCH_STATE"):
        return Path(told) / _FILE if Path(told).is_dir() else Path(told)
    return platformdirs.user_data_path("efficiency-workbench") / _FILE
