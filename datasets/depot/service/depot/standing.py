"""Standing orders: the same again and again, with quantities by season."""

from __future__ import annotations

import copy
import math
from typing import Any

from depot.errors import NotFound


class Standing:
    """Keeps standing orders as customers have sent them."""

    def __init__(self) -> None:
        self._templates: dict[str, dict[str, Any]] = {}

    def put(self, name: str, template: dict[str, Any]) -> None:
        """Keep a standing order under a name."""
        self._templates[name] = template

    def draft(self, name: str, factor: float) -> dict[str, Any]:
        """Return a request to order what a standing order has, so many times as much."""
        if name not in self._templates:
            raise NotFound(f"no standing order {name}")
        draft = copy.deepcopy(self._templates[name])
        for line in draft["lines"]:
            line["quantity"] = max(1, math.ceil(line["quantity"] * factor))
        return draft
