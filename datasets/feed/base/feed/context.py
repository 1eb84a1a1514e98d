from dataclasses import dataclass

from feed.auth import Viewer
from feed.cache.registry import Caches
from feed.data.graph import FollowGraph
from feed.data.index import SearchIndex
from feed.data.posts import PostStore
from feed.data.users import UserStore
from feed.experiments import Experiments
from feed.flags import Flags
from feed.http import Request
from feed.metrics import Metrics
from feed.settings import Settings
from feed.telemetry.logger import RequestLogger
from feed.telemetry.tracing import Trace


@dataclass(frozen=True, slots=True)
class Services:
    """What lives as long as the process."""

    settings: Settings
    flags: Flags
    experiments: Experiments
    metrics: Metrics
    caches: Caches
    users: UserStore
    posts: PostStore
    graph: FollowGraph
    index: SearchIndex


@dataclass(slots=True)
class RequestContext:
    """What lives as long as one request; `now` is in seconds since 1970."""

    request: Request
    viewer: Viewer
    services: Services
    log: RequestLogger
    trace: Trace
    now: float

    def has_flag(self, name: str) -> bool:
        """Tell whether a flag is on for the viewer."""
        return self.services.flags.is_on(name, self.viewer.id)

    def arm(self, experiment: str) -> str:
        """Return the viewer's arm of an experiment."""
        return self.services.experiments.arm(experiment, self.viewer.id)
