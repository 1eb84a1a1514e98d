"""Generated services: a simulated regression, written out as a repository with real commits.

Each is a service of its own, with its recording, its code, its records, and the truth apart.
"""

from workbench.evaluate.fleet.service import Service, open_service
from workbench.evaluate.fleet.strata import Strata, measure_strata, read_strata

__all__ = ["Service", "Strata", "measure_strata", "open_service", "read_strata"]
