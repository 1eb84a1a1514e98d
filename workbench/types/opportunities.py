"""A place where a known pattern costs capacity that could be saved."""

from __future__ import annotations

from dataclasses import dataclass, field

from workbench.types.ledger import Amount

OPPORTUNITY_STATES = {
    "open": "nobody has looked at it yet",
    "fix verified": "a patch waits for review, its gain measured",
    "fix failed": "no edit saved what was expected",
    "rejected": "a reviewer said no",
    "resolved": "the patch was approved",
}


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One place in the code, what is wasteful about it, and what mending it should save."""

    id: str
    """Hash of service, file, function, pattern and the text that matched: the same place has the
    same id wherever its lines move to."""
    service: str
    function: str
    """Subject (`module:name`) of the function that holds it, as profiles have it."""
    file: str
    line: int
    end_line: int
    pattern: str
    """Key of `workbench.opportunity.PATTERNS`."""
    title: str
    """What could be done, in one line."""
    share: float
    """Fraction of the service's CPU samples that pass through these lines."""
    saving: Amount = field(default_factory=Amount)
    """Fraction of the service's CPU that mending it is expected to save."""
    watts: Amount = field(default_factory=Amount)
    """The same of what the service draws, where that is known."""
    chance: float = 0.5
    """Probability that a patch of it is verified."""
    effort_hours: float = 0.5
    """Of a reviewer."""
    mitigation: str = ""
    """One of `MITIGATIONS`."""
    evidence: tuple[str, ...] = ()
    """Sentences, each with what was measured or read."""
    documents: tuple[str, ...] = ()
    """Titles of documents that speak of the function or its file."""
    precedents: tuple[str, ...] = ()
    """Ids of past cases of the same kind that were resolved."""
    validation: tuple[str, ...] = ()
    """What has to hold for a patch to be accepted."""
    owner: str = ""
    state: str = "open"
    """One of `OPPORTUNITY_STATES`."""

    @property
    def score(self) -> float:
        """Expected saving per hour of review: in watts where they are known, else in CPU."""
        size = self.watts.value if self.watts.is_known else self.saving.value
        return size * self.chance / self.effort_hours
