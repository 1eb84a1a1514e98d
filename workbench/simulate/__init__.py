"""Fleets and series with known truth."""

from workbench.simulate.causes import CauseCase, simulate_cause
from workbench.simulate.fleet import Fleet, FleetConfig, simulate_fleet
from workbench.simulate.judge import Judged, judge_reports
from workbench.simulate.noise import Noise
from workbench.simulate.series import SimulatedSeries, simulate_series

__all__ = [
    "CauseCase",
    "Fleet",
    "FleetConfig",
    "Judged",
    "Noise",
    "SimulatedSeries",
    "judge_reports",
    "simulate_cause",
    "simulate_fleet",
    "simulate_series",
]
