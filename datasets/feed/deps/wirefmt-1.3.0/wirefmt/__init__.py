"""Rows on the wire: JSON objects whose fields come in a fixed order."""

from wirefmt.rows import encode, encode_list, join
from wirefmt.values import encode_value

__version__ = "1.3.0"
__all__ = ["encode", "encode_list", "encode_value", "join"]
