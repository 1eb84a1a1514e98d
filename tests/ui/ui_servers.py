"""What pages are opened on: a Jupyter server, folders over HTTP, and the browser that people have."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "node_modules"
START_S, END_S = 60, 30

_FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
]
_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/notebook-extension:tracker": {
        "autoStartDefaultKernel": True, "windowingMode": "none",
    },
}  # fmt: skip
"""No news, no question for a kernel, no cell left undrawn because nobody scrolled to it."""


def chromium_path() -> str | None:
    """Return where the browser is, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser; it finds no host but this one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=_FLAGS)
        yield browser
        browser.close()


_NOT_OF_VOILA = ("jupyterlab-jupytext", "@jupyter-notebook/lab-extension")
"""Extensions of JupyterLab that fail in Voilà, and have nothing to do there."""


@dataclass(frozen=True, slots=True)
class JupyterServer:
    """A server of JupyterLab and Notebook 7 alike."""

    url: str
    token: str
    folder: Path
    """Where its notebooks are."""

    def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions with their kernels, as the server has them."""
        with self._ask("GET", "sessions") as reply:
            return json.load(reply)

    def end_sessions(self) -> None:
        """End all kernels."""
        for session in self.sessions():
            self._ask("DELETE", f"sessions/{session['id']}").close()

    def _ask(self, method: str, what: str) -> Any:
        headers = {"Authorization": f"token {self.token}"}
        url = f"{self.url}/api/{what}"
        return urllib.request.urlopen(urllib.request.Request(url, None, headers, method=method))


@contextmanager
def serve_lab(folder: Path) -> Iterator[JupyterServer]:
    """Run `workbench lab` as a newcomer would, with home, settings and state of its own."""
    notebooks, token, port = folder / "notebooks", secrets.token_hex(16), _free_port()
    environment = _environment(folder, {}) | {
        "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "share"), "XDG_CONFIG_HOME": str(folder / "xdg"),
        "WORKBENCH_STATE": str(folder / "investigations.db"), "JUPYTER_TOKEN": token,
    }  # fmt: skip
    exposed = {name: {"expose_app_in_browser": True} for name in ("LabApp", "JupyterNotebookApp")}
    settings = folder / "config" / "jupyter_server_config.json"
    settings.write_text(json.dumps(exposed), encoding="utf-8")  # how a test asks the kernel
    command = [sys.executable, "-m", "workbench", "lab", str(notebooks), "--no-browser"]
    url = f"http://127.0.0.1:{port}"
    with _running([*command, "--port", str(port)], folder, environment, f"{url}/api"):
        yield JupyterServer(url, token, notebooks)


@contextmanager
def serve_jupyter(folder: Path) -> Iterator[JupyterServer]:
    """Serve an empty folder, with settings and state of its own, until the end of the block."""
    notebooks, token = folder / "notebooks", secrets.token_hex(16)
    notebooks.mkdir()
    port = _free_port()
    options = {
        "ServerApp.ip": "127.0.0.1", "ServerApp.port": port, "ServerApp.port_retries": 0,
        "ServerApp.root_dir": notebooks, "ServerApp.terminals_enabled": False,
        "IdentityProvider.token": token, "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly", "LabApp.expose_app_in_browser": True,
        "JupyterNotebookApp.expose_app_in_browser": True,
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    url = f"http://127.0.0.1:{port}"
    with _running(command, folder, _environment(folder, _SETTINGS), f"{url}/api"):
        yield JupyterServer(url, token, notebooks)


@contextmanager
def serve_mlflow(folder: Path) -> Iterator[str]:
    """Run MLflow's server on an empty database of its own, until the end of the block."""
    port = _free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--serve-artifacts",
        "--artifacts-destination", str(folder / "artifacts"), "--workers", "1",
    ]  # fmt: skip
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true",
             "DO_NOT_TRACK": "true"}  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with _running(command, folder, os.environ | quiet, f"{url}/health"):
        yield url


@contextmanager
def serve_voila(notebook: Path, folder: Path, uri: str) -> Iterator[str]:
    """Show a notebook without its code, as Voilà does; runs are those of an MLflow."""
    port = _free_port()
    environment = _environment(folder, {}) | {
        "MLFLOW_TRACKING_URI": uri, "XDG_DATA_HOME": str(folder / "share"),
    }  # fmt: skip
    options = {"Voila.ip": "127.0.0.1", "port": port}
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser"]
    command += [f"--{name}={value}" for name, value in options.items()]
    command += [f"--VoilaConfiguration.extension_denylist={name}" for name in _NOT_OF_VOILA]
    url = f"http://127.0.0.1:{port}/"
    with _running(command, folder, environment, f"{url}voila/static/nothing"):
        yield url


@contextmanager
def _running(
    command: list[str], folder: Path, environment: Mapping[str, str], url: str
) -> Iterator[None]:
    """Run a server until the end of the block, which begins when it answers."""
    log = folder / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=folder)
    try:
        _wait_for(url, process, log)
        yield
    finally:
        process.terminate()
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a server that was asked to end; on a busy machine its kernels may take long."""
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(END_S)


def _environment(folder: Path, overrides: Mapping[str, Any]) -> dict[str, str]:
    settings = folder / "config" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(overrides), encoding="utf-8")
    own = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
    }  # fmt: skip
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, **{k: str(folder / v) for k, v in own.items()}, "PATH": path}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{log.read_text(encoding='utf-8')}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return  # an answer, if not a friendly one
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError(f"no answer within {START_S} s:\n{log.read_text(encoding='utf-8')}")


class _Quiet(SimpleHTTPRequestHandler):
    """Serves several folders, each under a name of its own."""

    def __init__(self, *args: Any, folders: Mapping[str, Path], **kwargs: Any) -> None:
        self.folders = folders
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        name, _, rest = path.split("?")[0].lstrip("/").partition("/")
        return str(self.folders.get(name, Path("/nonexistent")) / rest)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve_folders(folders: Mapping[str, Path]) -> Iterator[str]:
    """Serve folders on the loopback, `/name/…` each, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, folders=folders))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
