"""Who was quoted what."""

from dataclasses import dataclass, field


@dataclass
class Audit:
    """Keeps a record of each quote and each refusal, as the law wants it."""

    records: list[tuple[str, str, int]] = field(default_factory=list)

    def quoted(self, customer: str, total: int) -> None:
        """A customer was told a price."""
        self.records.append(("quoted", customer, total))

    def refused(self, customer: str, reason: str) -> None:
        """An order was not priced."""
        self.records.append((f"refused: {reason}", customer, 0))
