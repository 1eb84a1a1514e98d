"""Profile bytes of any profiler -> `Profile`."""

from workbench.ingest.folded import parse_folded
from workbench.ingest.read import FORMATS, read

__all__ = ["FORMATS", "parse_folded", "read"]
