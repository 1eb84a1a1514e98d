import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONFIG_FOLDER = Path(__file__).resolve().parent.parent / "config"


def load_defaults(name: str) -> dict[str, Any]:
    """Read `config/<name>.json`."""
    return json.loads((CONFIG_FOLDER / f"{name}.json").read_text())


class Settings:
    """Values of the configuration service over the repository's defaults."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        defaults = load_defaults("settings")
        unknown = sorted(set(values) - set(defaults))
        if unknown:
            raise KeyError(f"settings {unknown} are not in config/settings.json")
        self._values = {**defaults, **values}

    def number(self, name: str) -> Any:
        """Return a number."""
        return self._values[name]

    def switch(self, name: str) -> bool:
        """Return whether something is switched on."""
        return bool(self._values[name])

    def word(self, name: str) -> str:
        """Return a word."""
        return str(self._values[name])
