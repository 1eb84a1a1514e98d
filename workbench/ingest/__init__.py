"""Profile bytes of any profiler -> `Profile`."""

from workbench.ingest.read import FORMATS, Format, read

__all__ = ["FORMATS", "Format", "read"]
