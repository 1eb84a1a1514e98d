"""Which types there are, which fields they have, and of what type each is."""

from dataclasses import dataclass

from feed.http import BadRequest


@dataclass(frozen=True, slots=True)
class FieldType:
    """Type of a field; `of` is empty for a scalar."""

    of: str = ""
    is_list: bool = False


SCALAR = FieldType()


def _scalars(names: str) -> dict[str, FieldType]:
    return dict.fromkeys(names.split(), SCALAR)


TYPES: dict[str, dict[str, FieldType]] = {
    "Query": {
        "homeTimeline": FieldType("PostPage"),
        "profile": FieldType("ProfilePage"),
        "search": FieldType("PostPage"),
        "notifications": FieldType("NotificationPage"),
        "postDetail": FieldType("Thread"),
        "compose": FieldType("Post"),
    },
    "PostPage": {
        "edges": FieldType("Post", is_list=True),
        "pageInfo": FieldType("PageInfo"),
    },
    "ProfilePage": {
        "user": FieldType("User"),
        "posts": FieldType("Post", is_list=True),
        "pageInfo": FieldType("PageInfo"),
    },
    "NotificationPage": {
        "groups": FieldType("NotificationGroup", is_list=True),
        "unread": SCALAR,
    },
    "Thread": {
        "post": FieldType("Post"),
        "replies": FieldType("Post", is_list=True),
        "related": FieldType("Post", is_list=True),
    },
    "PageInfo": _scalars("hasNext cursor size"),
    "Post": {
        **_scalars(
            "id text createdAt topic language permalink score reason isSensitive viewerHasLiked"
        ),
        "author": FieldType("User"),
        "stats": FieldType("Stats"),
        "entities": FieldType("Entity", is_list=True),
        "media": FieldType("Media", is_list=True),
    },
    "User": _scalars(
        "id name handle bio avatarUrl isVerified followers following mutuals followedByViewer joinedAt"
    ),
    "Stats": _scalars("likes replies reposts"),
    "Entity": _scalars("kind value start end"),
    "Media": _scalars("url width height"),
    "NotificationGroup": {
        **_scalars("kind count latestAt"),
        "actors": FieldType("User", is_list=True),
        "post": FieldType("Post"),
    },
}


def field_type(type_name: str, field_name: str) -> FieldType:
    """Return a field's type."""
    found = TYPES[type_name].get(field_name)
    if found is None:
        raise BadRequest(f"{type_name} has no field {field_name!r}")
    return found
