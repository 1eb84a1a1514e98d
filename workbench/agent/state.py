"""What travels along the graph: messages, and values that JSON has."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, Protocol

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict

from workbench.agent.budget import Spent, add
from workbench.agent.grounding import Entry

Ledger = dict[str, Entry]
"""Every tool call that was answered, by its id."""


def _merge(known: Ledger | None, more: Ledger | None) -> Ledger:
    return {**(known or {}), **(more or {})}


class Opinion(TypedDict):
    """What one skill makes of a regression or an opportunity, after the grounding check."""

    skill: str
    summary: str
    change_id: str
    """Empty: it accuses nobody."""
    functions: list[str]
    category: str
    mitigation: str
    confidence: float
    suspects: list[str]
    """Ids of the likeliest changes, most likely first."""
    evidence: list[dict[str, str]]
    """`claim` and `call_id` each."""
    struck: list[dict[str, str]]
    """Claims that nothing supports: `claim`, `call_id`, and `why`."""


class Review(TypedDict):
    """What a person said of a diagnosis."""

    verdict: str
    """`approve`, `edit` or `reject`."""
    by: NotRequired[str]
    why: NotRequired[str]
    changes: NotRequired[dict[str, Any]]
    """With `edit`: fields of the diagnosis that the reviewer puts right."""


class State(TypedDict, total=False):
    """What travels along the graph."""

    job: dict[str, Any]
    """What was asked for, as who resumes it has to know it."""
    regression_id: str
    """Of what is explained; empty where an opportunity is mended."""
    opportunity_id: str
    question: str
    """In a person's words; may be empty."""
    facts: dict[str, Any]
    skills: list[str]
    """Those selected, best first."""
    skill: str
    """The one in use."""
    messages: Annotated[list[AnyMessage], add_messages]
    """The conversation of the opinion that is being formed."""
    ledger: Annotated[Ledger, _merge]
    spent: Annotated[Spent, add]
    draft: dict[str, Any]
    """`report`, before its grounding check, and a `note` on how it came about."""
    opinions: list[Opinion]
    cut_short: str
    """The budget by which it was ended before a skill had reported; empty for none."""
    diagnosis: dict[str, Any]
    review: Review
    made: dict[str, Any]
    """What the patch room made of a diagnosis before the review; on no branch."""
    handed_over: dict[str, Any]
    """What the patch room made of an approved diagnosis."""
    opened: str
    """The pull request that was opened for it, as JSON; empty for none."""


class Node(Protocol):
    """A node of the graph."""

    def __call__(self, state: State) -> State:
        """Return what changes in the state."""


class ToolNode(Protocol):
    """The node that answers calls of tools, one at a time."""

    def __call__(self, state: ToolTask) -> State:
        """Return the reply."""


class ToolTask(TypedDict):
    """One tool call, a task of its own: what finished is kept when others are killed."""

    call: dict[str, Any]
    """`name`, `args`, `id`; `error` where the model did not form it well."""
    skill: str
    reply: str | None
    """Of an earlier call with the same arguments that was answered; None for none."""
