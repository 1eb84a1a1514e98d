"""Addresses of posts, pictures and avatars."""

from zlib import crc32

SITE = "https://feed.example"
STATIC = "https://static.feed.example"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """Write a number, which is not negative, in base 36."""
    digits = []
    while number:
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)) or "0"


def sign_path(path: str) -> str:
    """Add the checksum that the image server wants."""
    return f"{path}?s={crc32(path.encode()):08x}"


def post_link(post_id: int) -> str:
    """Address of a post."""
    return f"{SITE}/p/{base36(post_id)}"


def avatar_link(key: str) -> str:
    """Address of an avatar."""
    return STATIC + sign_path(f"/avatars/{key}/96.webp")


def media_link(picture: tuple[int, int]) -> str:
    """Address of a post's picture: the post's id and the picture's number."""
    post_id, i = picture
    return STATIC + sign_path(f"/media/{base36(post_id)}/{i}.webp")
