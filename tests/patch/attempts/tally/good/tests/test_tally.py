import logging

import pytest
from tally import METRICS, LineError, parse_line, read

LINE = "2024-03-01T10:20:30 10.0.0.1 GET /a?x=1 200 12ms"


def test_a_line_becomes_an_entry() -> None:
    entry = parse_line(f"{LINE} hello")
    assert entry.time.isoformat() == "2024-03-01T10:20:30"
    assert entry[1:] == ("10.0.0.1", "GET", "/a", 200, 12, "hello")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "no entry"),
        (LINE.replace("200", "999"), "no such status"),
        (LINE.replace("03-01", "02-30"), "no such time"),
        (f"{LINE} {'x' * 500}", "too long"),
    ],
)
def test_a_line_that_says_nothing_is_refused(line: str, reason: str) -> None:
    with pytest.raises(LineError, match=reason):
        parse_line(line)


def test_secrets_are_not_kept() -> None:
    note = parse_line(f"{LINE} from ann@x.test with token=abc key=1").note
    assert note == "from <mail> with token=*** key=***"


def test_a_report_sums_by_path_and_hour() -> None:
    report = read([LINE, LINE.replace("12ms", "40ms"), "# comment", "", LINE.replace("/a", "/b")])
    assert report.rows() == [("/a", 2, 0, 1, 40, 40), ("/b", 1, 0, 1, 12, 12)]
    assert report.hours == {"2024-03-01T10": 3}


def test_rejected_lines_are_counted_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[int, str]] = []
    before = METRICS["rejected"]
    with caplog.at_level(logging.WARNING):
        report = read([LINE, "bad"], on_reject=lambda *what: told.append(what))
    assert report.rejected == {"no entry": 1}
    assert told == [(2, "no entry")]
    assert caplog.messages == ["line 2: no entry"]
    assert METRICS["rejected"] == before + 1


def test_too_many_rejected_lines_end_it() -> None:
    with pytest.raises(LineError, match="more than 1 lines"):
        read(["bad", "bad"], limit=1)


def test_notes_of_failed_requests_are_kept() -> None:
    report = read([f"{LINE.replace('200', '503')} upstream gone"])
    assert report.text().splitlines()[-1] == "/a: upstream gone"
    assert report.rows()[0][2] == 1
