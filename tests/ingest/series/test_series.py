import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest.series import COLUMNS, SERIES_FORMATS, read_series
from workbench.types import read_signals


def rows(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def encoded(page):
    return json.dumps(page).encode()


PYTEST = {
    "machine_info": {"node": "box"}, "commit_info": {"id": "abc", "time": "2026-01-02T03:04:05+01:00"},
    "datetime": "2026-01-03T00:00:00", "version": "5.1.0",
    "benchmarks": [{"name": "test_a[3]", "fullname": "t.py::test_a[3]", "stats": {"median": 0.25}}],
}  # fmt: skip
PYPERF = {
    "version": "1.0", "metadata": {"hostname": "box", "unit": "second"},
    "benchmarks": [
        {"metadata": {"name": "loop"}, "runs": [
            {"warmups": [[1, 9.0]], "metadata": {"date": "2026-01-01 10:00:00"}},
            {"values": [1.0, 3.0], "metadata": {"date": "2026-01-01 10:00:05"}},
            {"values": [2.0], "metadata": {"date": "2026-01-01 10:00:09"}}]},
    ],
}  # fmt: skip
GOOGLE = {
    "context": {"date": "2026-01-01T10:00:00+00:00", "host_name": "box"},
    "benchmarks": [
        {"name": "BM_x/8", "run_name": "BM_x/8", "run_type": "iteration", "real_time": 4.0, "cpu_time": 3.0, "time_unit": "ns"},
        {"name": "BM_x/8", "run_name": "BM_x/8", "run_type": "iteration", "real_time": 8.0, "cpu_time": 5.0, "time_unit": "ns"},
        {"name": "BM_x/8_mean", "run_name": "BM_x/8", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 6.0, "cpu_time": 4.0, "time_unit": "ns"},
        {"name": "BM_y", "error_occurred": True, "error_message": "no"},
    ],
}  # fmt: skip
EXAMPLES = {
    "pytest-benchmark": PYTEST,
    "pyperf": PYPERF,
    "google-benchmark": GOOGLE,
    "prometheus": {"status": "success", "data": {"resultType": "matrix", "result": []}},
}


def test_pytest_benchmark_is_the_median_at_its_commit():
    frame = read_series(encoded(PYTEST))
    assert list(frame.columns) == list(COLUMNS)
    assert rows(frame, "metric", "subject", "unit", "version", "host", "value") == [
        ("time", "t.py::test_a[3]", "seconds", "abc", "box", 0.25)
    ]
    assert frame["at"][0] == pd.Timestamp("2026-01-02T02:04:05Z")


def test_pyperf_is_the_median_of_values_without_warm_ups():
    frame = read_series(encoded(PYPERF))
    assert rows(frame, "metric", "subject", "value", "host") == [("time", "loop", 2.0, "box")]
    assert frame["at"][0] == pd.Timestamp("2026-01-01T10:00:05Z")


def test_google_benchmark_is_the_median_of_repetitions_in_seconds():
    frame = read_series(encoded(GOOGLE))
    assert rows(frame, "metric", "subject", "unit") == [
        ("cpu_time", "BM_x/8", "seconds"), ("time", "BM_x/8", "seconds"),
    ]  # fmt: skip
    np.testing.assert_allclose(frame["value"], [4e-9, 6e-9])


def test_asv_results_are_every_parameter_at_every_commit(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "machine.json").write_text('{"machine": "box"}')
    (tmp_path / "benchmarks.json").write_text(
        json.dumps({"time_x": {"unit": "seconds"}, "peak_y": {"unit": "bytes"}, "version": 2})
    )
    (tmp_path / "box" / "abc-env.json").write_text(
        json.dumps({
            "commit_hash": "abc", "date": 1767225600000, "params": {"machine": "box"}, "version": 2,
            "result_columns": ["result", "params"],
            "results": {"time_x": [[1.5, None, 2.5, 3.5], [["1", "2"], ["'a'", "'b'"]]], "peak_y": [[640]]},
        })
    )  # fmt: skip
    (tmp_path / "box" / "def-env.json").write_text(
        json.dumps(
            {
                "commit_hash": "def",
                "date": 1767312000000,
                "results": {"time_x": None, "peak_y": 512},
            }
        )
    )
    frame = read_series(tmp_path)
    assert rows(frame, "metric", "subject", "version", "value") == [
        ("memory", "peak_y", "abc", 640), ("memory", "peak_y", "def", 512),
        ("time", "time_x(1, 'a')", "abc", 1.5), ("time", "time_x(2, 'a')", "abc", 2.5),
        ("time", "time_x(2, 'b')", "abc", 3.5),
    ]  # fmt: skip
    (tmp_path / "box" / "def-env.json").write_text('{"commit_hash": "def", "results": {}}')
    with pytest.raises(ParseError, match=r"def-env\.json @ \$: expected 'date'"):
        read_series(tmp_path)


def test_asv_results_are_found_in_their_suite_and_of_one_machine(tmp_path):
    machine = tmp_path / "results" / "box"
    machine.mkdir(parents=True)
    (machine / "machine.json").write_text('{"machine": "box"}')
    (machine.parent / "benchmarks.json").write_text('{"time_x": {"unit": "seconds"}}')
    result = machine / "abc-env.json"
    result.write_text(
        json.dumps(
            {"commit_hash": "abc", "date": 1767225600000, "env_name": "e", "results": {"time_x": 1}}
        )
    )
    whole = read_series(tmp_path / "results")
    assert rows(whole, "subject", "unit", "value") == [("time_x", "seconds", 1)]
    for folder in (tmp_path, machine):
        pd.testing.assert_frame_equal(read_series(folder), whole)
    with pytest.raises(ParseError, match=r"abc-env\.json: expected the folder of asv results"):
        read_series(result)


def test_a_folder_of_anything_else_is_refused(tmp_path):
    with pytest.raises(ParseError, match="expected a folder of asv results"):
        read_series(tmp_path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_wide_table_has_a_column_for_each_series(separator):
    text = "Date,latency,errors,note\n2026-01-02,2.5,,x\n2026-01-01,1.5,3,y\n".replace(
        ",", separator
    )
    frame = read_series(text.encode())
    assert rows(frame, "metric", "subject", "value") == [
        ("value", "errors", 3.0), ("value", "latency", 1.5), ("value", "latency", 2.5),
    ]  # fmt: skip


def test_a_tidy_table_has_a_row_for_each_value(tmp_path):
    table = pd.DataFrame({"benchmark": ["b", "b"], "param": [1, 1], "commit": ["x", "y"],
                          "timestamp": [1767312000000, 1767225600000], "value": [2.0, np.nan]})  # fmt: skip
    table.assign(tags=[["a"], ["b", "c"]]).to_parquet(tmp_path / "t.parquet")
    for source in (tmp_path / "t.parquet", table.to_csv(index=False).encode()):
        frame = read_series(source)
        assert rows(frame, "subject", "version") == [("b(1)", "y"), ("b(1)", "x")]
        assert frame["at"][0] == pd.Timestamp("2026-01-01", tz="UTC")
        np.testing.assert_array_equal(frame["value"], [np.nan, 2.0])


def test_texts_in_csv_stay_what_they_are():
    frame = read_series(b"release,series,service,value\n1.10,null,api,1\n0012345,NA,,2e3\n")
    assert rows(frame, "version", "subject", "service", "value") == [
        ("0012345", "NA", "", 2000.0), ("1.10", "null", "api", 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize("told", ["20260131", "2026-01-31", "1769817600", "1769817600000"])
def test_times_are_written_in_many_ways(told):
    frame = read_series(f"date,value\n{told},1\n".encode())
    assert frame["at"].tolist() == [pd.Timestamp("2026-01-31", tz="UTC")]


def test_repetitions_are_one_value_their_median():
    frame = read_series(b"commit,value\na,1\na,2\na,9\nb,4\n")
    assert rows(frame, "version", "value") == [("a", 2.0), ("b", 4.0)]


def test_environments_of_asv_stay_apart(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "machine.json").write_text('{"machine": "box"}')
    for name, value in (("py3.11", 1.0), ("py3.12", 5.0)):
        page = {"commit_hash": "abc", "env_name": name, "date": 1, "results": {"t": value}}
        (tmp_path / "box" / f"abc-{name}.json").write_text(json.dumps(page))
    assert rows(read_series(tmp_path), "subject", "value") == [("t [py3.11]", 1), ("t [py3.12]", 5)]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "expected one of parquet, .*csv, asv, got an empty file"),
        (b"main;f 3\n", "got a profile .folded., which `workbench profile` reads"),
        (
            b"date,a\n2026-01-01,x\n",
            "expected a column of times or revisions, and of values; got date, a",
        ),
        (
            b"value,at\n1,2026-01-01\n1,soon\n",
            "row 2: expected a time in ISO 8601 or Unix time, got 'soon'",
        ),
        (b"value,at,version\n1,,v1\n1,,\n", "row 2: expected a time or a version, got neither"),
        (b"date,value\n2026-01-01,1,2\n", "2: expected 2 cells, one a column, got 3"),
        (b"date,value\n2026-01-01\n", "2: expected 2 cells, one a column, got 1"),
        (b"date,value\n", "1: expected rows below the names of columns, found none"),
        (
            b"date,value,value\n1,2,3\n",
            "1: expected columns of different names, got 'value' twice",
        ),
        (b"date,value\n2026-01-01,inf\n", "row 1: expected a number, got 'inf'"),
        (
            b"date,note,a\n2026-01-01,x,1\n2026-01-01,x,2\n",
            "row 2: expected one row at 2026-01-01, or no column note",
        ),
        (b'value,at\n1,2026-01-01\n"2,3\n', "expected CSV"),
        (b"PAR1junk", "expected Parquet"),
        (
            encoded({**PYTEST, "benchmarks": [{"name": "x"}]}),
            r"\$\.benchmarks\[0\]: expected 'stats'",
        ),
        (
            encoded({**PYPERF, "benchmarks": [{"runs": []}]}),
            r"\$\.benchmarks\[0\]: expected runs with values",
        ),
        (encoded({"status": "error", "error": "boom"}), "expected success, got: boom"),
    ],
)
def test_what_is_no_series_is_one_error(data, complaint):
    with pytest.raises(ParseError, match=complaint) as caught:
        read_series(data)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ParseError, match="none: expected a file of series, found no such file"):
        read_series(tmp_path / "none")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", EXAMPLES)
@given(data=st.data())
def test_any_change_of_a_document_is_a_table_or_a_parse_error(name, data):
    page = json.loads(json.dumps(EXAMPLES[name]))
    node = page
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            node[key] = data.draw(JSON)
            break
        node = node[key]
    try:
        frame = SERIES_FORMATS[name].parse(content(page))
    except ParseError:
        return
    assert list(frame.columns) == list(COLUMNS)


def content(page):
    from workbench.ingest.content import Content

    return Content(json.dumps(page).encode())


@given(st.binary(max_size=60) | st.text("at,value\n;1.5-/ x", max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_parse_error(data):
    try:
        read_series(data)
    except ParseError:
        pass


@pytest.mark.parametrize("missing", ["", "NaN", "N/A", "-", "null"])
def test_cells_that_are_left_open_are_no_values(missing):
    text = f"at,parse,render\n2026-01-01,1.0,2.0\n2026-01-02,1.1,{missing}\n"
    frame = read_series(text.encode())
    assert frame["value"].tolist() == [1.0, 1.1, 2.0]
    assert frame["subject"].tolist() == ["parse", "parse", "render"]


def test_a_column_of_numbers_and_a_word_is_not_left_out():
    rows = "\n".join(f"2026-01-0{day},1.{day},{day}" for day in range(1, 5))
    with pytest.raises(ParseError, match="row 5: expected a number in render, got '2 ms'"):
        read_series(f"at,parse,render\n{rows}\n2026-01-05,1.5,2 ms\n".encode())
    texts = f"at,parse,branch\n{rows[:-1]}main\n2026-01-06,1,next\n2026-01-07,1,dev\n"
    texts += "2026-01-08,1,a\n"
    assert {*read_series(texts.encode())["subject"]} == {"parse"}


def test_columns_of_bytes_are_no_series():
    buffer = io.BytesIO()
    columns = {
        "at": pd.date_range("2026-01-01", periods=3),
        "b": [1, 2, 3],
        "c": [b"1", b"\xff", None],
    }
    pd.DataFrame(columns).to_parquet(buffer)
    assert read_series(buffer.getvalue())["subject"].unique().tolist() == ["b"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("start", ["2026-01-01", "1970-01-01"])
def test_times_of_parquet_are_taken_as_they_are(tmp_path, unit, zone, start):
    at = pd.Series(pd.date_range(start, periods=5, freq="s", tz=zone)).dt.as_unit(unit)
    told = at.where(at.index != 2)
    versions = [f"v{i}" for i in range(5)]
    frame = pd.DataFrame({"subject": "a", "at": told, "version": versions, "value": 1.0})
    frame.to_parquet(tmp_path / "t.parquet")
    found = read_series(tmp_path / "t.parquet").set_index("version")["at"]
    expected = at.dt.tz_convert("UTC") if zone else at.dt.tz_localize("UTC")
    assert found.isna().tolist() == [version == "v2" for version in found.index]
    assert found.drop("v2").tolist() == expected.drop(2).tolist()


def test_an_endless_time_is_told():
    with pytest.raises(
        ParseError, match="row 2: expected a time in ISO 8601 or Unix time, got 'inf'"
    ):
        read_series(b"at,value\n1,2\ninf,3\n")


def test_a_table_of_many_series_is_told_by_a_late_column():
    names = [f"a_rather_long_name_of_a_function_{number}" for number in range(300)]
    lines = [",".join([*names, "date"])]
    lines += [",".join(["1"] * 300 + [f"2026-01-{day:02}"]) for day in range(1, 4)]
    assert len(read_series("\n".join(lines).encode())) == 900


def csv(*lines):
    return "\n".join(lines).encode()


def test_columns_that_tell_series_apart_are_in_the_subject():
    rows = [f"{e},2026-01-0{d},{v}" for d in (1, 2) for e, v in (("/a", 10 + d), ("/b", 50))]
    frame = read_series(csv("endpoint,time,value", *rows))
    assert frame.groupby("subject")["value"].apply(list).to_dict() == {
        "/a": [11, 12],
        "/b": [50, 50],
    }
    rows = [f"lat,{row}" for row in rows]
    frame = read_series(csv("series,endpoint,time,value", *rows))
    assert [*frame["subject"].unique()] == ["lat /a", "lat /b"]


def test_a_text_that_tells_nothing_apart_is_left_out():
    frame = read_series(csv("time,series,value,note", "2026-01-01,a,1,x", "2026-01-02,a,2,y"))
    assert [*frame["subject"].unique()] == ["a"]


def test_numbers_that_only_tell_rows_apart_are_named():
    rows = [f"2026-01-0{d},{code},{d}" for d in (1, 2) for code in (200, 500)]
    with pytest.raises(ParseError, match="one row at 2026-01-01, or no column status_code"):
        read_series(csv("time,status_code,latency", *rows))


@pytest.mark.parametrize(
    "cells", [("9,63", "9,7"), ("12 ms", "13 ms"), ("10,034", "1,200,000"), ("10.1%", "9%")]
)
def test_numbers_as_people_write_them_are_not_dropped(cells):
    rows = [f'2026-01-0{d};"{cell}";3' for d, cell in enumerate(cells, start=1)]
    with pytest.raises(ParseError, match=f"row 1: expected a number in lat, got '{cells[0]}'"):
        read_series(csv("time;lat;n", *rows))


@pytest.mark.parametrize("name", ["value", "result"])
def test_a_column_called_value_may_be_one_of_several_series(name):
    frame = read_series(csv(f"time,p99,{name}", "2026-01-01,1,5", "2026-01-02,2,6"))
    assert frame.groupby("subject")["value"].apply(list).to_dict() == {"p99": [1, 2], name: [5, 6]}


@pytest.mark.parametrize("name", ["time", None])
def test_the_index_of_a_table_that_pandas_wrote_is_its_times(name):
    times = pd.date_range("2026-01-01", periods=3, name=name)
    buffer = io.BytesIO()
    pd.DataFrame({"p50": [1.0, 2, 3]}, index=times).to_parquet(buffer)
    frame = read_series(buffer.getvalue())
    assert [*frame["at"].dt.tz_localize(None)] == [*times]
    assert [*frame["subject"].unique()] == ["p50"]


@pytest.mark.parametrize("line", ["Time (UTC),p50", "day;p50", "_time\tlat"])
def test_what_a_table_has_to_name_is_said(line):
    with pytest.raises(ParseError, match="a first line that names a column of times"):
        read_series(csv(line, "2026-01-01,3"))


@pytest.mark.parametrize("name", ["region", "subject", "value_of"])
def test_a_wide_table_may_have_columns_that_tell_its_rows_apart(name):
    rows = [f"2026-01-0{day},{r},{day},{10 * day}" for day in (1, 2) for r in ("eu", "us")]
    frame = read_series(csv(f"time,{name},p50,p99", *rows))
    assert frame.groupby("subject")["value"].apply(list).to_dict() == {
        "p50 eu": [1, 2], "p50 us": [1, 2], "p99 eu": [10, 20], "p99 us": [10, 20],
    }  # fmt: skip


def test_only_the_columns_that_tell_series_apart_are_in_the_subject():
    rows = [
        f"{endpoint},2026-01-0{day},{day},note {day}" for day in (1, 2) for endpoint in ("/a", "/b")
    ]
    frame = read_series(csv("endpoint,time,value,release_note", *rows))
    assert [*frame["subject"].unique()] == ["/a", "/b"]


def test_other_numbers_in_a_table_that_names_its_series_are_left_out():
    rows = [f"latency,2026-01-0{day},{day},9" for day in (1, 2, 3)]
    frame = read_series(csv("metric,time,value,count", *rows))
    assert {*frame["metric"]} == {"latency"}
    assert [*frame["value"]] == [1, 2, 3]


@pytest.mark.parametrize(
    "cells",
    [("1.2.3", "1.2.4"), ("10.0.0.1", "10.0.0.2"), ("01.02.2026", "02.02.2026"), ("rc1", "rc2")],
)
def test_texts_that_are_no_numbers_are_left_out(cells):
    rows = [f"2026-01-0{day},{cell},{day}" for day, cell in enumerate(cells, start=1)]
    assert [*read_series(csv("time,note,p50", *rows))["subject"].unique()] == ["p50"]


def test_a_column_of_labels_is_left_out_though_they_read_like_numbers():
    rows = [f"2026-01-{day:02},{30 * (1 + day % 2)}s,{day}" for day in range(1, 21)]
    assert [*read_series(csv("time,every,p50", *rows))["subject"].unique()] == ["p50"]


def test_repetitions_of_a_revision_become_their_median():
    rows = [f"{commit},{9 + n}.5,{n}" for commit in ("a", "b") for n in (1, 2, 3)]
    frame = read_series(csv("commit,lat", *(row.rpartition(",")[0] for row in rows)))
    assert [*frame["value"]] == [11.5, 11.5]


def test_long_names_of_digits_are_read_at_once():
    rows = [f"2026-01-0{day},{'1' * 5000}x,{day}" for day in (1, 2, 3)]
    assert [*read_series(csv("time,id,p50", *rows))["subject"].unique()] == ["p50"]


def test_the_numbers_that_rows_of_a_table_have_are_no_series():
    times = pd.date_range("2026-01-01", periods=4)
    buffer = io.BytesIO()
    pd.DataFrame({"time": times, "p50": [1.0, 2, 3, 4]}).iloc[[0, 2, 3]].to_parquet(buffer)
    frame = read_series(buffer.getvalue())
    assert [*frame["subject"].unique()] == ["p50"]
    assert [*frame["value"]] == [1, 3, 4]


def test_values_without_a_time_are_repetitions():
    assert [*read_series(csv("value,endpoint", "1,/a", "2,/b", "3,/a"))["value"]] == [2]


DAYS = pd.date_range("2026-01-01", periods=4, freq="1D")
TABLES = {
    "wide": pd.DataFrame({"time": DAYS, "parse": [1, 2, 3, 4], "read": 5.0}),
    "wide, times as texts": pd.DataFrame({"date": DAYS.astype(str), "parse": [1, 2, 3, 4], "read": 5}),
    "wide, times beside": pd.DataFrame({"parse": [1, 2, 3, 4], "read": 5}, index=DAYS),
    "a row a value": pd.DataFrame({
        "timestamp": [*DAYS] * 2, "metric": ["parse"] * 4 + ["read"] * 4,
        "value": [1, 2, 3, 4, 5, 5, 5, 5],
    }),
    "a row a value, categories": pd.DataFrame({
        "timestamp": [*DAYS] * 2, "metric": pd.Categorical(["parse"] * 4 + ["read"] * 4),
        "value": [1, 2, 3, 4, 5, 5, 5, 5],
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_was_read_already_is_as_a_file_of_it(name):
    table = TABLES[name]
    before = table.copy(deep=True)
    read = read_series(table)
    signals = read_signals(read)
    assert [*signals.ids] == ["parse", "read"]
    np.testing.assert_array_equal(signals.values, [[1, 2, 3, 4], [5, 5, 5, 5]])
    assert [*signals.times] == [*DAYS.tz_localize("UTC")]
    pd.testing.assert_frame_equal(table, before)


def test_an_endless_number_is_named_with_its_row_and_column():
    wide = pd.DataFrame({"time": DAYS, "parse": [1.0, 2, 3, 4], "read": [1.0, 2, np.inf, 4]})
    for source in (wide, wide.to_csv(index=False).encode()):
        with pytest.raises(ParseError, match=r"row 3: expected a number in read, got .?inf"):
            read_series(source)


def test_columns_of_one_name_are_refused():
    twice = pd.DataFrame([[1, 2, 3]], columns=["time", "a", "a"])
    with pytest.raises(ParseError, match="expected columns that differ, got 'a' twice"):
        read_series(twice)
