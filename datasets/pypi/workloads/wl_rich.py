"""Render tables and wrapped markup to a string console."""

import io

import _wl
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH, TITLE, HEAD, ROWS, TEXT = _wl.pick(
    (
        100,
        "T",
        "abcd",
        [["[bold]row[/] %d" % i, "word " * 12, "x%d" % i, "[red]z[/red] 日本"] for i in range(60)],
        "hello world this is text " * 60,
    ),
    (
        72,
        "A [i]list[/i] of things",
        ["no.", "[green]what[/]", "size in mm"],
        [
            ["%d" % i, "한글 [u]and[/u] a long-winded sentence " * 2, "[dim]%d.5[/] True" % (i * i)]
            for i in range(60)
        ],
        "Zażółć gęślą jaźń, " * 70,
    ),
)


def main():
    c = Console(
        file=io.StringIO(),
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    t = Table(title=TITLE)
    for h in HEAD:
        t.add_column(h)
    for row in ROWS:
        t.add_row(*row)
    c.print(t)
    c.print(Text(TEXT))
    return c.file.getvalue()


def some(text):
    return len(text) > 1000


_wl.run(main, 5, check=_wl.pick(some, _wl.digest))
