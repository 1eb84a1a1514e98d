import http.server
import itertools
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import StoreError
from workbench.ingest import read
from workbench.intake import Labels, Tally, expand, take_in, watch
from workbench.store import Store

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store")


def take(store, path, **told):
    tally = Tally()
    take_in(store, path, Labels("svc", **told), tally)
    return tally


def test_a_profile_is_of_the_time_that_is_told_or_of_its_file(store, tmp_path):
    path = tmp_path / "p.folded"
    path.write_text("main;f 3\n")
    os.utime(path, (NOON.timestamp(),) * 2)
    assert take(store, path, version="v1", host="h", work=4.0, cpu_seconds=2.0).added == {
        "profiles": 1
    }
    assert take(store, path, version="v1", host="h").n_known == 1
    later = NOON.replace(hour=15)
    assert take(store, path, at=later).added == {"profiles": 1}
    windows = store.windows()
    assert list(windows["at"]) == [NOON, later]
    assert (windows["version"][0], windows["host"][0], windows["work"][0]) == ("v1", "h", 4.0)


@pytest.mark.parametrize(("apart", "is_told"), [(0, True), (60, False)])
def test_files_of_one_time_are_said_to_be_one_window(store, tmp_path, apart, is_told):
    tally = Tally()
    for number in range(3):
        path = tmp_path / f"{number}.folded"
        path.write_text(f"main;f {number + 3}\n")
        os.utime(path, (NOON.timestamp() + number * apart,) * 2)
        take_in(store, path, Labels("svc"), tally)
    assert ("3 profiles tell no time" in str(tally)) == is_told


def test_records_go_to_the_table_whose_columns_they_have(store, tmp_path):
    rows = {
        "services.csv": ("service,servers,watts\nsvc,3,250\n", "services"),
        "flags.json": (json.dumps([{"id": "f", "kind": "flag", "at": "2026-01-01"}]), "changes"),
        "docs.jsonl": ('{"id": "d", "text": "how"}\n\n{"id": "e", "text": "why"}\n', "documents"),
        "results.csv": ("experiment,arm,metric,mean\nx,on,cpu,1.5\n", "experiment_results"),
    }
    for name, (text, table) in rows.items():
        (tmp_path / name).write_text(text)
        assert list(take(store, tmp_path / name).added) == [table]
    assert store.table("services")["watts"].tolist() == [250.0]
    assert store.table("changes")["service"].tolist() == ["svc"]
    assert store.table("documents")["text"].tolist() == ["how", "why"]


def test_a_repository_is_its_commits(store, make_repository):
    repository = make_repository({"a.py": "x = 1\n"}, {"a.py": "x = 2\n"})
    assert take(store, repository.folder).added == {"changes": 2}
    assert expand([repository.folder]) == [repository.folder]


def test_a_store_is_not_taken_into_itself(store, tmp_path):
    (tmp_path / "a.folded").write_text("a 1\n")
    take(store, tmp_path / "a.folded")
    assert expand([tmp_path]) == [tmp_path / "a.folded"]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("empty", "", "expected a profile, series .* or records, got an empty file"),
        ("half.folded", "a;b 1\nhello\n", r"half\.folded @ 2: expected 'frame;frame count'"),
        ("rows.csv", "colour,size\nred,3\n", "expected a profile"),
        ("bad.csv", "at,value\n2026-01-01,many\n", "row 1: expected a number, got 'many'"),
        (
            "bad.jsonl",
            '{"id": "1", "title": "x"}\n{"id": \n',
            "@ 2: expected one JSON object a line",
        ),
        ("bad.json", '[{"id": "1", "at": "soon"}]', "changes.at: expected times in ISO 8601"),
        ("cut.json", '{"nodes": [{"id"', "line 1 column 17: expected JSON"),
        ("program", "\x7fELF\0, at, b\n", "got a program"),
        ("bytes", "at,\0value\n1,2,3\n", "expected a profile, series"),
    ],
)
def test_what_cannot_be_added_is_one_line_and_adds_nothing(store, tmp_path, name, text, complaint):
    (tmp_path / name).write_text(text)
    (line,) = take(store, tmp_path / name).rejected
    assert str(tmp_path / name) in line
    assert "\n" not in line
    with pytest.raises(AssertionError, match=complaint):
        raise AssertionError(line)
    assert not (store.folder / "segments").exists()


def test_a_folder_is_watched(store, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    reports = []
    looks = watch(
        store, folder, Labels("svc", at=NOON), lambda path, tally: reports.append((path.name, str(tally))),
        settle_s=5, sleep=lambda seconds: None, clock=itertools.count(step=4).__next__,
    )  # fmt: skip
    next(looks)
    (folder / "a.folded").write_text("main;f 1")
    next(looks)
    (folder / "a.folded").write_text("main;f 13\n")  # still being written
    next(looks)
    next(looks)
    assert reports == []  # it has not been as it is for long
    next(looks)
    assert reports == [("a.folded", "added 1 profile")]
    (folder / "b").write_text("no")
    (folder / ".c").write_text("main;g 1\n")
    for _ in range(3):
        next(looks)
    assert [name for name, _ in reports] == ["a.folded", "b"]
    assert reports[1][1] == "added nothing; 1 rejected"
    assert store.profile().totals == {"samples/count": 13}


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers whatever the path says."""

    pages = {  # noqa: RUF012
        "/ok": {"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"__name__": "up", "instance": "h:1", "job": "a"}, "values": [[1767225600, "1"], [1767225660.5, "NaN"]]}]}},
        "/vector": {"status": "success", "data": {"resultType": "vector", "result": []}},
        "/error": {"status": "error", "error": "bad query"},
        "/other": {"hello": "there"},
    }  # fmt: skip

    def do_GET(self):
        page = self.pages.get(self.path.partition("?")[0])
        self.send_response(200 if page else 404)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode() if page else b"<html>")

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


def test_a_range_query_is_series(store, server):
    assert take(store, f"{server}/ok?query=up").added == {"measurements": 2}
    table = store.table("measurements")
    assert table[["service", "metric", "subject", "host"]].drop_duplicates().values.tolist() == [
        ["svc", "up", "job=a", "h:1"]
    ]
    assert table["at"].iloc[1] == pd.Timestamp("2026-01-01T00:01:00.5Z")


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("/vector", "expected a matrix"), ("/error", "expected success, got: bad query"),
     ("/other", "expected the answer of a query"), ("/none", "expected an answer, got HTTP 404")],
)  # fmt: skip
def test_an_answer_that_is_no_series_is_one_line(store, server, path, complaint):
    (line,) = take(store, f"{server}{path}").rejected
    assert complaint in line
    assert line.count(server) == 1


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("prometheus"), reason="the system has no prometheus")
def test_a_real_server_is_asked(store, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    target = f"{{job_name: own, static_configs: [{{targets: ['{address}']}}]}}"
    config = tmp_path / "prometheus.yml"
    config.write_text(f"global: {{scrape_interval: 1s}}\nscrape_configs: [{target}]\n")
    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
               f"--web.listen-address={address}"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serving:
        try:
            deadline = time.monotonic() + 30
            while not scraped(address) and time.monotonic() < deadline:
                time.sleep(0.5)
            now = time.time()
            url = f"http://{address}/api/v1/query_range?query=up&start={now - 30}&end={now}&step=1"
            tally = take(store, url)
        finally:
            serving.terminate()
    assert tally.added["measurements"] > 0
    assert store.matrix("up").subjects == ("job=own",)


def scraped(address):
    try:
        with urllib.request.urlopen(f"http://{address}/api/v1/query?query=up") as answer:
            return bool(json.load(answer)["data"]["result"])
    except OSError:
        return False


def test_a_file_that_was_touched_is_known(store, tmp_path):
    path = tmp_path / "a.folded"
    path.write_text("a;b 3\n")
    for changed in (10**9, 2 * 10**9):
        os.utime(path, (changed, changed))
        tally = take(store, path)
    assert str(tally) == "added nothing; 1 there already"
    assert len(store.windows()) == 1


def test_a_pipe_is_read(store, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        pool.submit(pipe.write_text, "a;b 3\n")
        assert str(take(store, pipe)) == "added 1 profile"


def test_folders_that_are_one_thing_are_found_in_others(tmp_path, make_repository):
    make_repository({"a.py": "x = 1\n"}, name="clone")
    inner = Store.create(tmp_path / "inner")
    inner.add(read(b"a 1\n"), service="svc", at=datetime(2026, 1, 1, tzinfo=UTC))
    (tmp_path / "b.folded").write_text("a 1\n")
    found = {path.relative_to(tmp_path).as_posix() for path in expand([tmp_path])}
    assert {"clone", "b.folded"} <= found
    assert not any(name.startswith(("clone/", "inner")) for name in found)
    assert expand([tmp_path / "inner" / "segments"]) == []
    (tmp_path / "inner" / "c.folded").write_text("a 1\n")
    assert expand([tmp_path / "inner"]) == [tmp_path / "inner" / "c.folded"]


def test_a_complaint_names_the_file(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("e").write_text("a;b 3\n")
    tally = Tally()
    take_in(store, Path("e"), Labels("svc", work=-1), tally)
    assert tally.rejected == ["e: svc: expected work= as a number of 0 or more, got -1"]


def test_labels_are_text_that_can_be_written():
    with pytest.raises(StoreError, match="expected service as text that is valid Unicode, got 's"):
        Labels("s\udcff")
