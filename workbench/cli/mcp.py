"""The command that serves the tools to other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.history import Repository
    from workbench.store import Store
    from workbench.types import Opportunity

_FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("store", type=_FOLDER)
@click.option("--repo", type=_FOLDER, help="Repository of the code.")
@click.option("--service", default="", help="Serve this one alone.  [default: all of the store]")
@click.option("--skills", type=_FOLDER, help="Folder of skills. [default: those that come along]")
@click.option("--http", "over_http", is_flag=True,
              help="Serve HTTP on the loopback, not standard input and output.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), help="Of HTTP.  [default: a free one]")
@click.option("--token", help="That clients of HTTP must send.  [default: WORKBENCH_MCP_TOKEN, "
              "else a fresh one, printed to standard error]")  # fmt: skip
def mcp(
    store: Path, repo: Path | None, service: str, skills: Path | None, over_http: bool,
    port: int | None, token: str | None,
) -> None:  # fmt: skip
    """Serve the tools over STORE to any client of the Model Context Protocol.

    Read-only: nothing is written to the store or to the repository. Over standard input and output
    until the input ends; with --http until interrupted, for those who have the token.
    """
    if not over_http and (port is not None or token is not None):
        raise click.UsageError("expected --port and --token with --http")
    if token is not None and (not token.isascii() or not token.isprintable() or len(token) < 16):
        raise click.UsageError("expected --token of 16 or more printable ASCII characters")
    from workbench.agent.mcp import serve_http, serve_stdio
    from workbench.agent.workspace import Workspace

    workspace = Workspace(store, repo, service, find_opportunities=_find_opportunities)
    if over_http:
        serve_http(workspace, token, port=port or 0, skills=skills)
    else:
        serve_stdio(workspace, skills)


def _find_opportunities(
    store: Store, repository: Repository, service: str
) -> Sequence[Opportunity]:
    """Find them with what takes long to import, when they are first asked for."""
    from workbench.solver import find_opportunities

    return find_opportunities(store, repository, service)
