from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class ObjectResult:
    """What was selected of one object.

    `names` are the fields' names by key (they differ where the query says `key: name`); `values`
    are scalars, results, or lists of results by key.
    """

    type_name: str
    names: dict[str, str]
    values: dict[str, Any]
