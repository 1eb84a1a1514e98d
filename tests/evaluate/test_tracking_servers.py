"""Evaluations in MLflow on a PostgreSQL of the test's own, and through its server."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from made_results import make_results

from workbench.errors import WorkbenchError
from workbench.evaluate.tracking import (
    EVALUATIONS,
    read_track_record,
    sync_one,
    track_evaluation,
    waiting,
)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
REQUIRED = os.environ.get("WORKBENCH_POSTGRES") == "required"
LONG = timedelta(days=1)
WAIT_S = 120


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def postgres_folder():
    """Return where PostgreSQL's programs are; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    known = shutil.which("initdb")
    return found[-1].parent if found else Path(known).parent if known else None


def as_user(command):
    """Return a command as it is run by somebody who is not root, which PostgreSQL refuses."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="module")
def postgres():
    """Yield the address of an empty database."""
    programs = postgres_folder()
    if programs is None:
        assert not REQUIRED, "expected PostgreSQL, found none"
        pytest.skip("PostgreSQL is not here (Debian: postgresql)")
    place, port = Path(tempfile.mkdtemp(prefix="workbench-postgres-")), free_port()
    if os.geteuid() == 0:
        os.chown(place, pwd.getpwnam("postgres").pw_uid, -1)

    def run(program, *words):
        subprocess.run(
            as_user([str(programs / program), *words]), check=True, capture_output=True, cwd=place
        )

    try:
        run("initdb", "-D", str(place / "data"), "-U", "me", "-A", "trust", "--no-sync")
        options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(
            "pg_ctl",
            "-D",
            str(place / "data"),
            "-w",
            "-l",
            str(place / "log"),
            "-o",
            options,
            "start",
        )
        try:
            run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "me", "runs")
            yield f"postgresql+psycopg2://me@127.0.0.1:{port}/runs"
        finally:
            run("pg_ctl", "-D", str(place / "data"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place)


@contextmanager
def mlflow_server(store, folder, port):
    """Run MLflow's server, which keeps artifacts itself."""
    command = [
        sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--serve-artifacts",
        "--artifacts-destination", str(folder), "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1",
    ]  # fmt: skip
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true",
             "DO_NOT_TRACK": "true"}  # fmt: skip
    with (folder.parent / f"server-{time.time_ns()}.log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | quiet, start_new_session=True
        )
        try:
            wait_for(port, server)
            yield server
        finally:
            with_all(server, signal.SIGKILL)
            server.wait(WAIT_S)


def with_all(server, sign):
    """Send a signal to a server and the processes that it started."""
    try:
        os.killpg(server.pid, sign)
    except ProcessLookupError:
        assert server.poll() is not None


def wait_for(port, server):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail("the server did not begin")


def client_of(uri, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    from workbench.evaluate.tracking.connect import load_mlflow

    return load_mlflow().MlflowClient()


def counted(client):
    place = client.get_experiment_by_name(EVALUATIONS).experiment_id
    traces = client.search_traces(locations=[place], max_results=500)
    return {
        "runs": sorted((run.info.run_name, run.info.status, len(run.data.metrics),
                        len(run.data.params)) for run in client.search_runs([place])),
        "traces": len(traces), "spans": sum(len(trace.data.spans) for trace in traces),
        "assessments": sum(len(trace.info.assessments) for trace in traces),
    }  # fmt: skip


def read():
    return read_track_record(datetime.now(UTC) - LONG, datetime.now(UTC) + LONG)


def same(one, other):
    for name in ("evaluations", "answers", "skills"):
        first, second = (
            getattr(told, name).drop(columns=["url", "at"], errors="ignore")
            for told in (one, other)
        )
        pd.testing.assert_frame_equal(first, second)


def test_on_postgresql_is_what_is_on_sqlite(postgres, tmp_path, monkeypatch):
    folder = make_results(tmp_path / "results", rates={"ours": 0.9, "few": 0.4})
    told = []
    for uri in (f"sqlite:///{tmp_path / 'mlflow.db'}", postgres):
        client = client_of(uri, monkeypatch)
        track_evaluation(folder)
        track_evaluation(folder)  # twice is once
        told.append((counted(client), read()))
    (counts, record), (other_counts, other) = told
    assert counts == other_counts
    assert (len(counts["runs"]), counts["traces"]) == (9, 48)
    same(record, other)


def test_a_server_that_is_killed_meanwhile_loses_nothing(postgres, tmp_path, monkeypatch):
    folder = make_results(tmp_path / "results", n_cases=30, seed=5)
    (tmp_path / "artifacts").mkdir()
    port = free_port()
    client = client_of(f"http://127.0.0.1:{port}", monkeypatch)
    with mlflow_server(postgres, tmp_path / "artifacts", port) as server:
        killed = kill_while_it_is_sent(client, folder, server)
    assert 0 < killed < 90
    (path,) = waiting()
    with mlflow_server(postgres, tmp_path / "artifacts", port):
        sync_one(path)
        assert waiting() == []
        through = counted_of(client, folder)
        record = read()
    assert through["traces"] == 90
    sqlite = client_of(f"sqlite:///{tmp_path / 'mlflow.db'}", monkeypatch)
    track_evaluation(folder)
    assert counted_of(sqlite, folder) == through
    latest = record.evaluations[record.evaluations["at"] == record.evaluations["at"].max()]
    assert latest["n_cases"].tolist() == read().evaluations["n_cases"].tolist()
    assert len(record.answers) == 30
    assert (record.answers["url"].str.startswith(f"http://127.0.0.1:{port}/#/")).all()


def counted_of(client, folder):
    """Return what there is of one evaluation."""
    from workbench.evaluate.results import ResultsFolder

    key = f"evaluation-{ResultsFolder(folder).about()['id']}"
    place = client.get_experiment_by_name(EVALUATIONS).experiment_id
    (parent,) = client.search_runs([place], filter_string=f"tags.`workbench.key` = '{key}'")
    children = client.search_runs(
        [place], filter_string=f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
    )
    traces = [
        trace for run in children
        for trace in client.search_traces(
            locations=[place], run_id=run.info.run_id, max_results=500
        )
    ]  # fmt: skip
    return {
        "children": sorted((run.info.run_name, len(run.data.metrics)) for run in children),
        "artifacts": sorted(one.path for one in client.list_artifacts(parent.info.run_id)),
        "traces": len(traces), "spans": sum(len(trace.data.spans) for trace in traces),
        "assessments": sum(len(trace.info.assessments) for trace in traces),
    }  # fmt: skip


def kill_while_it_is_sent(client, folder, server):
    """Send an evaluation, kill the server when some of it is there; return how many traces were."""
    from workbench.evaluate.tracking import traces

    sent = []
    info = traces._info

    def count(*told):
        sent.append(told)
        if len(sent) == 20:
            with_all(server, signal.SIGKILL)
            server.wait(WAIT_S)
        return info(*told)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traces, "_info", count)
        with pytest.raises(WorkbenchError, match="MLflow at http://127.0.0.1:"):
            track_evaluation(folder)
    return len(sent) - 1
