import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench import cli
from workbench.cli import detect as cli_detect
from workbench.cli.findings import Named, file_name
from workbench.store import Store

ROWS = ["screen", "significance", "localise", "went away", "seasonality", "threshold", "cost shift",
        "merge"]  # fmt: skip


@pytest.fixture
def workbench(monkeypatch, capsys, tmp_path):
    """Arguments -> (exit code, standard output, standard error), in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "detect", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code, out, err

    return run


def make_series(n_windows=60, *, seed=0, **levels):
    """Levels before and after the middle -> a wide table by the hour."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"date": pd.date_range("2026-01-01", periods=n_windows, freq="h")})
    for name, (before, after) in levels.items():
        values = np.where(np.arange(n_windows) < n_windows // 2, before, after)
        frame[name] = values * (1 + 0.02 * rng.standard_normal(n_windows))
    return frame


def make_asv(folder, *, machines=("box",)):
    """Benchmarks at 40 commits; time_x(1) is slower from the 21st, peak_y smaller."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    units = {"time_x": {"unit": "seconds"}, "peak_y": {"unit": "bytes"}}
    (folder / "benchmarks.json").write_text(json.dumps(units))
    for machine in machines:
        (folder / machine).mkdir()
        (folder / machine / "machine.json").write_text(json.dumps({"machine": machine}))
        for turn in range(40):
            late, (first, second, third) = turn >= 20, 1 + 0.02 * rng.standard_normal(3)
            results = {
                "time_x": [[1e-5 * first * (1.5 if late else 1), 0.2 * second], [["1", "2"]]],
                "peak_y": [[64e6 * third * (0.5 if late else 1)]],
            }
            page = {"commit_hash": f"c{turn}", "env_name": "e", "date": 1767225600000 + 36e5 * turn,
                    "params": {"machine": machine}, "result_columns": ["result", "params"],
                    "results": results}  # fmt: skip
            (folder / machine / f"c{turn}-e.json").write_text(json.dumps(page))
    return folder


def rows(out):
    """Return the words of each line that is not blank."""
    return [" ".join(line.split()) for line in out.splitlines() if line.strip(" ─")]


def test_a_step_in_a_file_is_found_and_the_funnel_told(workbench, tmp_path):
    make_series(parse=(1, 1), render=(2, 3), load=(5, 4)).to_csv("series.csv", index=False)
    code, out, err = workbench("series.csv")
    assert (code, err) == (0, "")
    told = rows(out)
    assert told[0] == "1 regression in 3 series, largest first"
    assert told[1] == "window at before → after change, 95 % p kind subject"
    assert told[2].startswith("30 2026-01-02 06:00 2.0")
    assert told[2].endswith("< 0.001 step render")
    assert told[3] == "1 improvement, largest first"
    assert told[5].endswith("load")
    assert [row.startswith(stage) for row, stage in zip(told[-8:], ROWS, strict=True)] == [True] * 8
    assert told[-8] == "screen 3 2 1 nothing stands out"


def test_json_is_one_object_of_plain_values(workbench):
    make_series(parse=(1, 1), render=(2, 3), new=(0, 1), load=(5, 4)).to_csv("s.csv", index=False)
    code, out, err = workbench("s.csv", "--json", "--watts", "500")
    assert (code, err) == (0, "")
    told = json.loads(out, parse_constant=pytest.fail)
    assert list(told) == ["regressions", "improvements", "funnel"]
    first = next(row for row in told["regressions"] if row["subject"] == "render")
    assert first["change_index"] == 30
    assert first["at"] == "2026-01-02T06:00:00+00:00"
    assert first["relative_delta"] == pytest.approx(0.5, abs=0.03)
    assert first["relative_delta_low"] < first["relative_delta"] < first["relative_delta_high"]
    assert (first["watts"], first["merged"], first["is_sure"]) == (None, [], True)
    assert [row["subject"] for row in told["improvements"]] == ["load"]
    assert [row["stage"] for row in told["funnel"]] == ROWS
    assert told["funnel"][0]["n_in"] == 4
    assert told["funnel"][0]["removed"] == {"nothing stands out": 1}


def test_nothing_found_is_no_failure(workbench):
    make_series(parse=(1, 1)).to_csv("s.csv", index=False)
    code, out, _ = workbench("s.csv")
    assert code == 0
    assert out.startswith("no regression in 1 series\n")


def test_versions_stand_where_no_time_is_known(workbench):
    frame = make_series(render=(2, 3)).rename(columns={"date": "release"})
    frame["release"] = [f"1.{minor}" for minor in range(len(frame))]
    frame.to_csv("s.csv", index=False)
    code, out, _ = workbench("s.csv")
    assert code == 0
    assert rows(out)[2].startswith("30 1.30 2.0")
    _, out, _ = workbench("s.csv", "--json")
    (row,) = json.loads(out)["regressions"]
    assert (row["at"], row["version"]) == (None, "1.30")


def test_what_falls_for_the_worse_is_named_as_it_is(workbench):
    make_series(rps=(100, 80), cpu=(1, 1)).to_csv("load.csv", index=False)
    code, out, _ = workbench("load.csv", "--lower-is-worse", "rps")
    assert code == 0
    assert "1 regression" in out
    code, _, err = workbench("load.csv", "--lower-is-worse", "rsp")
    assert code == 1
    assert "expected --lower-is-worse among" in err
    assert "got 'rsp'" in err


def test_metrics_are_judged_apart_and_ranked_together(workbench):
    frames = [
        make_series(f=(1, factor)).melt("date", var_name="series").assign(metric=name, unit=unit)
        for name, unit, factor in (("latency", "ms", 1.2), ("memory", "bytes", 2), ("idle", "", 1))
    ]
    pd.concat(frames).to_parquet("s.parquet")
    code, out, _ = workbench("s.parquet")
    assert code == 0
    assert [row.split()[-2:] for row in rows(out)[2:4]] == [["memory", "f"], ["latency", "f"]]
    assert [row.split()[6] for row in rows(out)[2:4]] == ["bytes", "ms"]
    _, out, _ = workbench("s.parquet", "--metric", "latency")
    assert rows(out)[0] == "1 regression in 1 series, largest first"
    assert rows(out)[1].endswith("kind subject")
    _, out, _ = workbench("s.parquet", "--min-relative", "0.5", "--json")
    assert [row["metric"] for row in json.loads(out)["regressions"]] == ["memory"]


def test_a_folder_of_asv_is_read(workbench, tmp_path):
    make_asv(tmp_path / "results")
    code, out, _ = workbench("results")
    assert code == 0
    regression, improvement = (next(r for r in rows(out) if n in r) for n in ("time_x(1)", "peak"))
    assert regression.startswith("20 2026-01-01 20:00 ")
    assert " µs " in regression
    assert improvement.endswith("peak_y")
    assert "time_x(2)" not in out


def test_hosts_are_series_of_their_own(workbench, tmp_path):
    make_asv(tmp_path / "results", machines=("box", "den"))
    _, out, _ = workbench("results", "--json", "--metric", "time")
    found = [row["subject"] for row in json.loads(out)["regressions"]]
    assert sorted(found) == ["time_x(1) [box]", "time_x(1) [den]"]


def test_lines_of_one_series_may_have_no_name(workbench):
    make_series(value=(1, 2)).to_csv("s.csv", index=False)
    _, out, _ = workbench("s.csv", "--json")
    assert [row["series"] for row in json.loads(out)["regressions"]] == ["value"]


# stores


def test_profiles_of_a_store_are_judged_by_cost_and_its_services_watts(workbench, make_store):
    store = make_store({"a": 0.2, "a;b": 0.2}, {"a": 0.2, "a;b": 0.9})
    store.put("services", [{"service": "svc", "servers": 10, "watts": 200}])
    code, out, err = workbench(store.folder)
    assert (code, err) == (0, "")
    assert rows(out)[0] == "1 regression in 3 series, largest first"
    (row,) = [row for row in rows(out) if row.endswith("b (and 2 that moved with it)")]
    assert "CPU ms per round" in row
    assert "step" in row
    assert "watts" in rows(out)[1]
    _, out, _ = workbench(store.folder, "--json", "--metric", "gcpu", "--watts", "1000")
    told = json.loads(out)
    assert [row["metric"] for row in told["regressions"]] == ["gcpu"]
    assert told["regressions"][0]["watts"] == pytest.approx(1000 * (0.9 / 1.1 - 0.5), rel=0.05)
    assert told["regressions"][0]["version"] == "head"


def test_cost_that_only_moved_is_told_by_stacks(workbench, make_store):
    before = {"m;h;x": 0.4, "m;h;y": 0.2, "m;z": 0.4}
    after = {"m;h;x": 0.2, "m;h;y": 0.4, "m;z": 0.4}
    store = make_store(before, after, work=float("nan"))
    code, out, _ = workbench(store.folder)
    assert code == 0
    assert out.startswith("no regression in 5 series\n")
    assert "cost moved within a caller" in out
    code, out, _ = workbench(store.folder, "--explain", "y")
    assert code == 0
    assert "removed by the stage “cost shift”" in out


def test_what_was_measured_is_judged_beside_profiles(workbench, make_store):
    store = make_store({"a": 0.2, "a;b": 0.2}, {"a": 0.2, "a;b": 0.9})
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rng = np.random.default_rng(0)
    store.put("measurements", [
        {"service": service, "metric": "latency", "subject": "p99", "unit": "ms", "host": host,
         "at": start + timedelta(hours=hour),
         "value": (6 if hour >= 20 and service == "db" else 5) + 0.1 * rng.standard_normal()}
        for hour in range(40) for service in ("svc", "db") for host in ("h1", "h2")
    ])  # fmt: skip
    _, out, _ = workbench(store.folder, "--json")
    told = {(row["service"], row["metric"], row["subject"])
            for row in json.loads(out)["regressions"]}  # fmt: skip
    assert told == {("svc", "cost", "b"), ("db", "latency", "p99")}
    _, out, _ = workbench(store.folder, "--service", "db")
    assert rows(out)[0] == "1 regression in 1 series, largest first"


# figures and words


def test_a_figure_is_written_for_each_regression(workbench, tmp_path):
    names = {"render <T>/../" + "x" * 300: (2, 3), "größe 漢字": (1, 2), "$x_1$": (1, 1.5)}
    make_series(**names, flat=(1, 1)).to_csv("s.csv", index=False)
    code, out, err = workbench("s.csv", "--figures", "new/figures")
    assert (code, err) == (0, "")
    assert rows(out)[-1] == "wrote 3 figures to new/figures"
    found = sorted(tmp_path.rglob("*.png"))
    assert len(found) == 3
    assert {path.parent for path in found} == {tmp_path / "new" / "figures"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in found)
    assert all(len(path.name) < 100 and path.name.isascii() for path in found)
    _, out, err = workbench("s.csv", "--figures", "more", "--json")
    assert len(json.loads(out)["regressions"]) == 3
    assert err == "wrote 3 figures to more\n"


def test_a_series_is_explained_in_words_and_drawn(workbench, tmp_path):
    make_series(parse=(1, 1), render=(2, 3)).to_csv("s.csv", index=False)
    code, out, err = workbench("s.csv", "--explain", "render", "--figures", "drawn")
    assert (code, err) == (0, "")
    assert out.startswith("Reported as a regression: a step at window 30 (2026-01-02 06:00)")
    assert out.splitlines()[-1] == "wrote drawn/1-render.png"
    assert (tmp_path / "drawn" / "1-render.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = workbench("s.csv", "--explain", "parse")
    assert code == 0
    assert out.startswith("Not reported: ")


def test_a_function_is_explained_by_its_name(workbench, make_store):
    store = make_store({"a": 0.2, "a;b": 0.2}, {"a": 0.2, "a;b": 0.9})
    code, out, _ = workbench(store.folder, "--explain", "b")
    assert code == 0
    assert out.startswith("Reported as a regression")
    names = ("json:loads", "pickle:loads", "x", "json:Decoder.loads", "decoder.loads:x")
    series = [Named(name, name, "gcpu") for name in names]
    assert cli_detect._meant(series, "loads") == [*series[:2], series[3]]
    assert cli_detect._meant(series, "x") == [series[2]]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("json:loads", "01-json_loads.png"),
        ("../../etc/passwd", "01-etc_passwd.png"),
        ("漢字", "01-series.png"),
        ("con", "01-con.png"),
        ("a\x00b\nc", "01-a_b_c.png"),
        ("x" * 500, f"01-{'x' * 80}.png"),
    ],
)
def test_a_file_is_named_after_its_series_in_letters_that_all_systems_take(title, name):
    assert file_name(1, 12, title) == name


def test_names_do_not_command_the_terminal(workbench):
    make_series(**{"\x1b[31mred [bold]": (1, 2)}).to_csv("s.csv", index=False)
    code, out, _ = workbench("s.csv")
    assert code == 0
    assert "\x1b" not in out
    assert "\N{REPLACEMENT CHARACTER}[31mred [bold]" in out


# parts


@pytest.fixture
def parts(tmp_path):
    """A file of one row a series: 60 of them, of two services, one of which steps."""
    rng = np.random.default_rng(0)
    values = 0.01 * (1 + 0.01 * rng.standard_normal((60, 200)))
    values[7, 120:] *= 1.1
    frame = pd.DataFrame(
        {"service": ["web", "db"] * 30, "metric": "gcpu",
         "subject": [f"pkg.mod:f{row}" for row in range(60)], "values": list(values)}
    )  # fmt: skip
    frame.to_parquet(tmp_path / "parts.parquet")
    return frame


def test_a_row_a_series_is_read_in_parts(workbench, parts):
    code, out, err = workbench("parts.parquet")
    assert (code, err) == (0, "")
    told = rows(out)
    assert told[0] == "1 regression in 60 series, largest first"
    assert told[1] == "window before → after change, 95 % p kind subject"
    assert "% of CPU samples" in told[2]
    assert told[2].endswith("step pkg.mod:f7")
    _, out, _ = workbench("parts.parquet", "--json", "--service", "db", "--figures", "f")
    (row,) = json.loads(out)["regressions"]
    assert (row["series"], row["service"]) == (["db", "gcpu", "pkg.mod:f7"], "db")
    assert [path.name for path in Path("f").iterdir()] == ["1-pkg.mod_f7.png"]
    _, out, _ = workbench("parts.parquet", "--service", "web")
    assert out.startswith("no regression in 30 series\n")


def test_a_series_in_parts_is_explained(workbench, parts):
    code, out, _ = workbench("parts.parquet", "--explain", "f7")
    assert code == 0
    assert out.startswith("Reported as a regression")
    code, out, _ = workbench("parts.parquet", "--explain", "pkg.mod:f8", "--figures", "f")
    assert code == 0
    assert out.startswith("Not reported: ")
    assert (Path("f") / "1-pkg.mod_f8.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--explain", "f99"), "expected one of its series, got 'f99'"),
        (("--service", "x"), "expected a service among db, web, got 'x'"),
        (("--metric", "cost"), "expected a metric among gcpu, got 'cost'"),
    ],
)
def test_what_is_not_in_parts_is_said(workbench, parts, arguments, complaint):
    code, out, err = workbench("parts.parquet", *arguments)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: parts.parquet: {complaint}")


def test_series_of_a_folder_without_metric_are_told_by_their_names(workbench, tmp_path):
    (tmp_path / "tidy").mkdir()
    rows = make_series(**{"a:f": (1, 1), "b:f": (2, 3)}).melt("date", var_name="series")
    for name, some in rows.groupby("series"):
        some.to_parquet(tmp_path / "tidy" / f"{name[0]}.parquet")
    code, out, err = workbench("tidy")
    assert (code, err) == (0, "")
    assert rows_of(out, "b:f")[0].startswith("30 2026-01-02 06:00 2.0")
    _, out, _ = workbench("tidy", "--explain", "f", "--figures", "f")
    assert [line.split(": ")[0] for line in rows_of(out, "eported")] == ["a:f", "b:f"]
    assert sorted(path.name for path in Path("f").iterdir()) == ["1-a_f.png", "2-b_f.png"]


def rows_of(out, word):
    return [row for row in rows(out) if word in row]


WRONG_PARTS = {
    "empty lists": {"subject": ["a", "b"], "values": [[], []]},
    "no times": {"subject": ["a"], "values": [[1.0]], "at": pa.nulls(1, pa.list_(pa.int64()))},
    "a name twice": {"subject": ["a", "a"], "values": [[1.0] * 12] * 2},
    "no name": {"subject": ["a", None], "values": [[1.0] * 12] * 2},
    "a line break in a name": {"subject": ["a\nb"] * 2, "values": [[1.0] * 12] * 2},
    "truth values": {"subject": ["a"], "values": [[True] * 12]},
}


@pytest.mark.parametrize("columns", WRONG_PARTS.values(), ids=WRONG_PARTS)
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_wrong_in_parts_is_one_line(workbench, tmp_path, columns, is_folder):
    (tmp_path / "folder").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "folder" / "wrong.parquet")
    code, out, err = workbench("folder" if is_folder else "folder/wrong.parquet")
    assert (code, out) == (1, "")
    assert err.startswith("error: folder/wrong.parquet")
    assert len(err.splitlines()) == 1


# mistakes


MISTAKES = {
    "nothing there": (("none",), "none: expected a store, a file of series, or a folder of"),
    "an empty folder": (("empty",), "empty: expected a store, a file of series, or a folder of"),
    "an empty file": (("empty.csv",), "empty.csv: expected one of parquet, "),
    "no series": (("names.csv",), "names.csv"),
    "a profile": (("a.folded",), "a.folded: expected one of parquet, "),
    "no answer": (("nothing.json",), "nothing.json: expected series, found none"),
    "too few windows": (("short.csv",), "short.csv: expected 10 windows or more, found 4"),
    "an empty store": (("store",), "store: expected series, found none"),
    "a spoiled store": (("spoiled",), "spoiled"),
    "no such metric": (("s.csv", "--metric", "m"), "s.csv: expected a metric among value, got 'm'"),
    "no service": (("s.csv", "--service", "x"), "s.csv: expected no service, as it names none"),
    "no such service": (("t.csv", "--service", "x"),
                        "t.csv: expected a service among db, web, got 'x'"),
    "no such series": (("s.csv", "--explain", "rendr"),
                       "s.csv: expected one of its series, got 'rendr'; close to it: render"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "complaint"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_1(workbench, tmp_path, arguments, complaint):
    for name in ("empty", "spoiled"):
        (tmp_path / name).mkdir()
    (tmp_path / "spoiled" / "store.json").write_text('{"version": 1}')
    Store.create(tmp_path / "store")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "names.csv").write_text("date,name\n2026-01-01,x\n2026-01-02,y\n")
    (tmp_path / "a.folded").write_text("main;f 3\n")
    answer = {"status": "success", "data": {"resultType": "matrix", "result": []}}
    (tmp_path / "nothing.json").write_text(json.dumps(answer))
    make_series(4, a=(1, 2)).to_csv("short.csv", index=False)
    make_series(render=(1, 1)).to_csv("s.csv", index=False)
    two = [make_series(f=(1, 1)).assign(service=name) for name in ("web", "db")]
    pd.concat(two).rename(columns={"f": "value"}).to_csv("t.csv", index=False)
    code, out, err = workbench(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith(f"error: {complaint}")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [(), ("s.csv", "--budget", "0"), ("s.csv", "--budget", "many"), ("s.csv", "--watts", "-1"),
     ("s.csv", "--figures", "s.csv"), ("s.csv", "--json", "--explain", "x")],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_call_is_exit_code_2(workbench, arguments):
    make_series(render=(1, 1)).to_csv("s.csv", index=False)
    code, out, _ = workbench(*arguments)
    assert (code, out) == (2, "")


def test_metrics_with_too_few_windows_are_left_out_and_told(workbench):
    frames = [
        make_series(n, f=(1, 2)).melt("date", var_name="series").assign(metric=name)
        for name, n in (("many", 40), ("few", 4))
    ]
    pd.concat(frames).to_csv("s.csv", index=False)
    code, out, err = workbench("s.csv")
    assert code == 0
    assert err == "left out: few: expected 10 windows or more, found 4\n"
    assert rows(out)[0] == "1 regression in 1 series, largest first"
