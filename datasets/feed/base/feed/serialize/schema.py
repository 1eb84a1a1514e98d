"""How each field of each type is written: `ONE` object, `MANY`, or a kind of `fields.ENCODERS`.

A field that is not listed is written as it is.
"""

ONE = "object"
MANY = "objects"

KINDS: dict[str, dict[str, str]] = {
    "Query": dict.fromkeys(
        ("homeTimeline", "profile", "search", "notifications", "postDetail", "compose"), ONE
    ),
    "PostPage": {"edges": MANY, "pageInfo": ONE},
    "ProfilePage": {"user": ONE, "posts": MANY, "pageInfo": ONE},
    "NotificationPage": {"groups": MANY},
    "Thread": {"post": ONE, "replies": MANY, "related": MANY},
    "Post": {
        "text": "text",
        "createdAt": "time",
        "permalink": "post_link",
        "score": "score",
        "author": ONE,
        "stats": ONE,
        "entities": MANY,
        "media": MANY,
    },
    "User": {
        "name": "text",
        "bio": "text",
        "avatarUrl": "avatar_link",
        "joinedAt": "time",
        "followers": "count",
        "following": "count",
    },
    "Stats": {"likes": "count", "replies": "count", "reposts": "count"},
    "Media": {"url": "media_link"},
    "NotificationGroup": {"latestAt": "time", "actors": MANY, "post": ONE},
}


def kinds_of(type_name: str) -> dict[str, str]:
    """Return the kinds of a type's fields by name."""
    return KINDS.get(type_name, {})
