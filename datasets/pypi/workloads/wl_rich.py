"""Render tables and wrapped markup to a string console."""

import io

import _wl
from rich.console import Console
from rich.table import Table
from rich.text import Text


def main():
    c = Console(
        file=io.StringIO(),
        width=100,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    t = Table(title="T")
    for h in "abcd":
        t.add_column(h)
    for i in range(60):
        t.add_row("[bold]row[/] %d" % i, "word " * 12, "x%d" % i, "[red]z[/red] 日本")
    c.print(t)
    c.print(Text("hello world this is text " * 60))
    return len(c.file.getvalue()) > 1000


_wl.run(main, 5)
