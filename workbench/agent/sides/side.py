"""What is different for a regression and for an opportunity; and looks before any model speaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.agent.grounding import Shown
from workbench.agent.investigation import Investigation
from workbench.agent.playbook import ReportDiagnosis
from workbench.agent.state import Ledger, Opinion, State
from workbench.agent.tools import call_tool
from workbench.errors import ToolError


@dataclass(frozen=True, slots=True)
class Side:
    """What a graph asks where its subject matters."""

    name: str
    """What skills of this side say in their metadata (`side`)."""
    select_prompt: str
    """Name of the prompt by which skills are chosen."""
    investigate_prompt: str
    """Name of the prompt under which a skill is followed."""
    find_facts: Callable[[Look, Investigation, State], dict[str, Any]]
    """Look at what tells skills apart."""
    report_so_far: Callable[[State], ReportDiagnosis]
    """The answer when time is up."""
    judge: Callable[[Opinion, ReportDiagnosis, Shown, Investigation, State], str]
    """Put into an opinion what its evidence allows; why nothing, where it allows nothing."""
    conclude: Callable[[dict[str, Any], float, State, Investigation], dict[str, Any]]
    """Of the weighed opinion, and how sure one is that differs, the diagnosis."""
    may_act: Callable[[Mapping[str, Any]], bool]
    """Whether a diagnosis says what to do."""
    runs_may_tell: bool
    """Whether a fix is looked for where it does not."""


class Look:
    """Tool calls that are made before any model is asked."""

    def __init__(self, investigation: Investigation) -> None:
        self._investigation = investigation
        self.ledger: Ledger = {}

    def __call__(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        """Return the id of a call, and its reply; empty where the tool cannot tell."""
        for known, entry in self.ledger.items():
            if (entry["tool"], entry["arguments"]) == (tool, arguments):
                return known, {} if entry["failed"] else json.loads(entry["reply"])
        call_id = f"triage-{len(self.ledger) + 1}"
        try:
            reply, failed = call_tool(tool, self._investigation, arguments), False
        except ToolError as error:
            reply, failed = str(error), True
        self.ledger[call_id] = {
            "tool": tool, "arguments": arguments, "reply": reply, "failed": failed,
        }  # fmt: skip
        return call_id, {} if failed else json.loads(reply)
