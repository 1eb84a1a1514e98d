import gc
from collections.abc import Mapping
from typing import Any

from feed.auth import Authenticator
from feed.cache.registry import build_caches
from feed.context import RequestContext, Services
from feed.data.build import build_dataset
from feed.endpoints import HANDLERS
from feed.experiments import Experiments
from feed.flags import Flags
from feed.http import Request, RequestError, parse_request, respond, respond_error
from feed.metrics import Metrics
from feed.ratelimit import RateLimiter
from feed.settings import Settings
from feed.telemetry.logger import Logger
from feed.telemetry.sampling import Sampler
from feed.telemetry.sinks import MemorySink
from feed.telemetry.tracing import Trace


def create_app(runtime: Mapping[str, Any]) -> "App":
    """Make the service as the configuration service wants it.

    Parameters
    ----------
    runtime : mapping
        `flags`, `settings`, `experiments` and `data`; what is missing has its default from `config/`.
    """
    settings = Settings(runtime.get("settings", {}))
    gc.set_threshold(settings.number("gc_threshold"))
    dataset = build_dataset(runtime.get("data", {}), settings.number("n_shards"))
    services = Services(
        settings=settings,
        flags=Flags(runtime.get("flags", {})),
        experiments=Experiments(runtime.get("experiments", {})),
        metrics=Metrics(),
        caches=build_caches(settings),
        users=dataset.users,
        posts=dataset.posts,
        graph=dataset.graph,
        index=dataset.index,
    )
    return App(services)


class App:
    """The service: bytes in, bytes out."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self.services = services
        self.sink = MemorySink(settings.number("log_capacity"))
        self.logger = Logger(
            self.sink, Sampler(settings.number("log_sample_rate")), settings.word("log_level")
        )
        self.tracing = Sampler(settings.number("trace_sample_rate"))
        self.limiter = RateLimiter(
            settings.number("rate_limit_per_second"), settings.number("rate_limit_burst")
        )
        self.authenticator = Authenticator(services.users, services.graph, services.caches.sessions)

    def handle(self, body: bytes) -> bytes:
        """Serve one request."""
        request_id = ""
        try:
            request = parse_request(body)
            request_id = request.request_id
            reply = self._serve(request)
        except RequestError as error:
            self.services.metrics.increment(f"errors.{error.status}")
            self.logger.bind(request_id=request_id).warning("request.failed", reason=str(error))
            return respond_error(error, request_id)
        return reply

    def _serve(self, request: Request) -> bytes:
        context = self._open(request)
        self._log_begin(context)
        with context.trace.span(request.operation):
            data = HANDLERS[request.operation](context)
        self._close(context, len(data))
        return respond(data)

    def _open(self, request: Request) -> RequestContext:
        now = self.services.settings.number("default_now") if request.at is None else request.at
        viewer = self.authenticator.authenticate(request)
        self.limiter.check(viewer.id, request.operation, now)
        return RequestContext(
            request=request,
            viewer=viewer,
            services=self.services,
            log=self.logger.bind(request_id=request.request_id, user=viewer.id),
            trace=Trace(request.request_id),
            now=now,
        )

    def _log_begin(self, context: RequestContext) -> None:
        request, services = context.request, self.services
        context.log.info("request.begin", operation=request.operation, size=len(request.query))
        context.log.info(
            "request.exposed",
            flags=services.flags.enabled(context.viewer.id),
            arms=services.experiments.arms_of(context.viewer.id),
        )

    def _close(self, context: RequestContext, n_bytes: int) -> None:
        operation = context.request.operation
        context.log.info("request.end", operation=operation, bytes=n_bytes)
        self.services.metrics.increment(f"requests.{operation}")
        self.services.metrics.observe(f"reply_kb.{operation}", n_bytes / 1024)
        if self.tracing.is_sampled(context.request.request_id):
            context.trace.export(self.sink)
