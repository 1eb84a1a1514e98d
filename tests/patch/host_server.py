"""A server that speaks as much of the APIs of GitHub and GitLab as a pull request needs."""

import json
import os
import re
import subprocess
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

from workbench.errors import HistoryError
from workbench.history import run_git

TOKEN = "s3cret-t0ken"
_GIT_USERS = ("x-access-token", "oauth2")
AT = "2026-11-27T22:00:00Z"


class HostServer:
    """A host with one project, acme/shop; a context manager.

    Parameters
    ----------
    bare : path
        Its repository: a request is opened from a branch that is there.
    """

    def __init__(self, bare):
        self.bare = Path(bare)
        self.accounts = {"ada": "ada@example.invalid", "bob": "bob@example.com"}
        self.authors = {}
        """Commit -> account that made it."""
        self.opened = []
        """What requests were made of, as sent."""
        self.asked = []
        """Whom reviews were asked of, GitHub alone."""
        self.calls = []
        """(method, path) of each call."""
        self.fault = None
        """(pattern of a call such as `POST .*/pulls`, status, answer) that it gives in place of its own."""
        self.most_reviewers = 9
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_", (_Handler,), {"host": self}))
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"

    def __enter__(self):
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def has_branch(self, name):
        try:
            run_git(self.bare, "rev-parse", "--verify", f"refs/heads/{name}")
        except HistoryError:
            return False
        return True

    def answer(self, method, path, query, body):
        """Return (status, answer) as the host would."""
        for pattern, call in _CALLS.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return call(self, query, body, *found.groups())
        return 404, {"message": "Not Found"}


class _Handler(BaseHTTPRequestHandler):
    host = None

    def _serve(self):
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), {k: v[0] for k, v in parse_qs(parts.query).items()}
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if ".git/" in path:
            self._serve_git(path, parts.query, sent)
            return
        body = json.loads(sent) if sent else {}
        self.host.calls.append((self.command, path))
        told = (
            self.headers.get("PRIVATE-TOKEN")
            or self.headers.get("Authorization", "").split(" ")[-1]
        )
        fault = self.host.fault
        if fault and re.fullmatch(fault[0], f"{self.command} {path}"):
            status, answer = fault[1:]
        elif told != TOKEN:
            status, answer = 401, {"message": "Bad credentials"}
        else:
            status, answer = self.host.answer(self.command, path, query, body)
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _serve_git(self, path, query, sent):
        """Answer as a host of git does, which wants a token for everything."""
        users = [b64encode(f"{user}:{TOKEN}".encode()).decode() for user in _GIT_USERS]
        if self.headers.get("Authorization") not in [f"Basic {user}" for user in users]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        env = {
            "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(self.host.bare.parent),
            "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "ada", "REQUEST_METHOD": self.command,
            "PATH_INFO": path.replace("/acme/shop.git", f"/{self.host.bare.name}"),
            "QUERY_STRING": query, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(sent)),
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=sent, env=env, capture_output=True)
        head, _, data = done.stdout.partition(b"\r\n\r\n")
        told = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(told.pop("Status", "200").split()[0]))
        for name, value in {**told, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _serve

    def log_message(self, *_):
        pass


def _github_project(host, query, body):
    url = f"{host.url}/api/v3/repos/acme/shop"
    return 200, {"url": url, "full_name": "acme/shop", "name": "shop", "default_branch": "trunk"}


def _pull(host, number):
    sent = host.opened[number]
    return {
        "url": f"{host.url}/api/v3/repos/acme/shop/pulls/{number + 1}", "number": number + 1,
        "html_url": f"https://host.example/acme/shop/pull/{number + 1}", "created_at": AT,
        "head": {"ref": sent["head"]},
    }  # fmt: skip


def _github_pulls(host, query, body):
    numbers = [n for n, sent in enumerate(host.opened) if f"acme:{sent['head']}" == query["head"]]
    return 200, [_pull(host, n) for n in numbers]


def _github_open(host, query, body):
    if not host.has_branch(body["head"]) or not host.has_branch(body["base"]):
        return 422, {
            "message": "Validation Failed",
            "errors": [{"field": "head", "code": "invalid"}],
        }
    if any(sent["head"] == body["head"] for sent in host.opened):
        return 422, {"message": "Validation Failed", "errors": [{"message": "already exists"}]}
    host.opened.append(body)
    return 201, _pull(host, len(host.opened) - 1)


def _github_commit(host, query, body, commit):
    if commit not in host.authors:
        return 422, {"message": f"No commit found for SHA: {commit}"}
    name = host.authors[commit]
    return 200, {"sha": commit, "author": name and {"login": name}}


def _github_ask(host, query, body):
    names = body.get("reviewers", ())
    if any(name not in host.accounts for name in names):
        return 422, {"message": "Reviews may only be requested from collaborators."}
    host.asked += [*names, *(f"team {name}" for name in body.get("team_reviewers", ()))]
    return 201, _pull(host, 0)


def _gitlab_project(host, query, body):
    return 200, {"id": 7, "path_with_namespace": "acme/shop", "default_branch": "trunk"}


def _merge_request(host, number):
    ids = host.opened[number].get("reviewer_ids", ())[: host.most_reviewers]
    return {
        "iid": number + 1, "project_id": 7, "created_at": AT, "reviewers": [{"id": n} for n in ids],
        "web_url": f"https://host.example/acme/shop/-/merge_requests/{number + 1}",
    }  # fmt: skip


def _gitlab_requests(host, query, body):
    numbers = [
        n for n, sent in enumerate(host.opened) if sent["source_branch"] == query["source_branch"]
    ]
    return 200, [_merge_request(host, n) for n in numbers]


def _gitlab_open(host, query, body):
    if not host.has_branch(body["source_branch"]):
        return 400, {"message": "source_branch does not exist"}
    if any(sent["source_branch"] == body["source_branch"] for sent in host.opened):
        return 409, {
            "message": ["Another open merge request already exists for this source branch: !1"]
        }
    host.opened.append(body)
    return 201, _merge_request(host, len(host.opened) - 1)


def _gitlab_users(host, query, body):
    return 200, [
        {"id": 10 + n, "username": name}
        for n, (name, email) in enumerate(host.accounts.items())
        if name == query.get("username") or email == query.get("search")
    ]


_CALLS = {
    "GET /api/v3/repos/acme/shop": _github_project,
    "GET /api/v3/repos/acme/shop/pulls": _github_pulls,
    "POST /api/v3/repos/acme/shop/pulls": _github_open,
    "GET /api/v3/repos/acme/shop/commits/(.*)": _github_commit,
    r"POST /api/v3/repos/acme/shop/pulls/\d+/requested_reviewers": _github_ask,
    "GET /api/v4/projects/acme/shop": _gitlab_project,
    "GET /api/v4/projects/7/merge_requests": _gitlab_requests,
    "POST /api/v4/projects/7/merge_requests": _gitlab_open,
    "GET /api/v4/users": _gitlab_users,
}
