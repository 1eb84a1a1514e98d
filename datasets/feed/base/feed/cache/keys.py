"""How cache keys are made: one function for each kind of entry."""


def document_key(query: str) -> str:
    """Key of a parsed query document."""
    return query


def session_key(user_id: int) -> tuple[str, int]:
    """Key of a viewer's session."""
    return ("session", user_id)


def pool_key(user_id: int) -> tuple[str, int]:
    """Key of a viewer's pool of candidates."""
    return ("pool", user_id)


def card_key(user_id: int) -> tuple[str, int]:
    """Key of the card that a post shows of its author."""
    return ("card", user_id)


def insights_key(post_id: int) -> tuple[str, int]:
    """Key of what a post's text says."""
    return ("insights", post_id)


def search_key(tokens: list[str], limit: int) -> tuple[str, str, int]:
    """Key of the posts that match a search."""
    return ("search", " ".join(sorted(tokens)), limit)
