import json
from typing import Any

REDACTED = frozenset({"query", "text", "session"})


def format_value(value: Any) -> str:
    """Write one value: words bare, all else as JSON."""
    if isinstance(value, str):
        return value if value.isalnum() else json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, separators=(",", ":"), default=str)


def format_line(level: str, event: str, fields: dict[str, Any]) -> bytes:
    """Write one line in logfmt; fields that carry people's text are redacted."""
    parts = [f"level={level}", f"event={event}"]
    for name, value in fields.items():
        shown = "[redacted]" if name in REDACTED else format_value(value)
        parts.append(f"{name}={shown}")
    return " ".join(parts).encode()
