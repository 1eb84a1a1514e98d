"""Cases: what a solver sees, and apart from it the truth."""

from workbench.evaluate.cases.build import Truth, build_case, load_truth
from workbench.evaluate.cases.cut import cut_timeline, demo_case, write_workload
from workbench.evaluate.cases.recorded import RecordedCase, load_recorded, materialise
from workbench.evaluate.cases.releases import cache_folder
from workbench.evaluate.cases.spec import CaseSpec, load_spec
from workbench.evaluate.cases.timeline import (
    Timeline,
    TimelineTruth,
    load_timeline,
    load_timeline_truth,
    materialise_timeline,
)

__all__ = [
    "CaseSpec",
    "RecordedCase",
    "Timeline",
    "TimelineTruth",
    "Truth",
    "build_case",
    "cache_folder",
    "cut_timeline",
    "demo_case",
    "load_recorded",
    "load_spec",
    "load_timeline",
    "load_timeline_truth",
    "load_truth",
    "materialise",
    "materialise_timeline",
    "write_workload",
]
