"""Cases: what a solver sees, and apart from it the truth."""

from workbench.evaluate.cases.bank import RecordedCase, load_bank, materialise
from workbench.evaluate.cases.build import Truth, build_case, load_truth
from workbench.evaluate.cases.releases import cache_folder
from workbench.evaluate.cases.spec import CaseSpec, load_spec

__all__ = [
    "CaseSpec",
    "RecordedCase",
    "Truth",
    "build_case",
    "cache_folder",
    "load_bank",
    "load_spec",
    "load_truth",
    "materialise",
]
