"""What the code says: where functions stand in any language, and what commits did to them."""

from workbench.attribute.code.codemap import CodeMap
from workbench.attribute.code.history import CodeHistory
from workbench.attribute.code.languages import Definition

__all__ = ["CodeHistory", "CodeMap", "Definition"]
