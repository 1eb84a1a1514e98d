import pytest
from feed.telemetry.format import format_line, format_value
from feed.telemetry.impressions import log_impressions
from feed.telemetry.logger import Logger
from feed.telemetry.sampling import Sampler
from feed.telemetry.sinks import MemorySink
from feed.telemetry.tracing import Trace


def make_logger(rate=1.0, level="info"):
    return Logger(MemorySink(100), Sampler(rate), level)


def test_lines_hold_event_and_fields():
    logger = make_logger()
    logger.bind(request_id="r1").info("post.published", post=7, tags=["a"])
    (line,) = logger.sink.lines()
    assert line == b'level=info event=post.published request_id=r1 post=7 tags=["a"]'


def test_texts_of_people_are_redacted():
    assert b"secret" not in format_line("info", "x", {"text": "secret"})


@pytest.mark.parametrize(
    ("value", "text"), [("ab", "ab"), ("a b", '"a b"'), (0.5, "0.5000"), (True, "true"), (3, "3")]
)
def test_format_value(value, text):
    assert format_value(value) == text


def test_requests_are_kept_whole_or_not_at_all():
    logger = make_logger(rate=0.5)
    for i in range(20):
        log = logger.bind(request_id=f"r{i}")
        before = logger.sink.n_written
        log.info("a")
        log.info("b")
        assert logger.sink.n_written - before in (0, 2)
    assert 0 < logger.sink.n_written < 40


def test_warnings_are_never_sampled_away():
    logger = make_logger(rate=0.0)
    logger.bind(request_id="r").warning("request.failed")
    assert logger.sink.n_written == 1


def test_debug_lines_need_their_level():
    quiet, loud = make_logger(), make_logger(level="debug")
    for logger in (quiet, loud):
        logger.bind(request_id="r").debug("x")
    assert (quiet.sink.n_written, loud.sink.n_written) == (0, 1)
    assert loud.bind(request_id="r").is_debug


def test_sink_is_bounded():
    sink = MemorySink(2)
    for i in range(5):
        sink.write(b"%d" % i)
    assert sink.lines() == [b"3", b"4"]


def test_trace_keeps_the_order_and_depth_of_steps():
    trace, sink = Trace("r"), MemorySink(10)
    with trace.span("outer"), trace.span("inner") as span:
        span.set("n", 3)
    trace.export(sink)
    assert [(s.name, s.depth) for s in trace.spans] == [("outer", 0), ("inner", 1)]
    assert b"n=3" in sink.lines()[1]


def test_impressions_are_a_line_a_post():
    logger = make_logger()
    log_impressions(logger.bind(request_id="r"), "home", [(1, 0.5, "x"), (2, 0.4, "y")])
    assert [b"post=1" in line for line in logger.sink.lines()] == [True, False]


def test_requests_that_fail_leave_a_line(client):
    client.ask("Profile", userId=10_000)
    assert any(b"request.failed" in line for line in client.app.sink.lines())
