"""Invoke a command group many times with options, and render help."""

import _wl
import click
from click.testing import CliRunner


@click.group()
@click.option("--debug/--no-debug", default=False)
def cli(debug):
    pass


@cli.command()
@click.argument("src", nargs=-1)
@click.option(
    "-n", "--num", type=int, default=3, show_default=True, help="number of things to do " * 5
)
@click.option("--mode", type=click.Choice(["a", "b", "c"]), default="a")
@click.option("--path", type=click.Path())
def run(src, num, mode, path):
    click.echo("%s %d %s" % (len(src), num, mode))


@click.group()
@click.option("-v", "--verbose", count=True)
@click.option("--root", default="/srv")
def tool(verbose, root):
    click.echo("%d at %s" % (verbose, root))


@tool.command()
@click.argument("name")
@click.argument("size", type=float)
@click.option("--tag", "-t", multiple=True, help="a word to file this under, " * 4)
@click.option("--dry", is_flag=True, help="Only say it.")
@click.option("--span", nargs=2, type=int, default=(0, 9))
def store(name, size, tag, dry, span):
    click.echo("%s %.2f %s %s %s" % (name, size, ",".join(tag), dry, span))


USUAL = (cli, lambda i: ["--debug", "run", "-n", str(i), "--mode", "b", "x", "y"], ["run"])
OTHER = (
    tool,
    lambda i: ["-vv", "store", "n%d" % i, "2.%d" % i, "-t", "k", "--tag=w%d" % i, "--dry"],
    ["--root", "/opt", "store"],
)
COMMAND, ARGS, ASKED = _wl.pick(USUAL, OTHER)


def main():
    r = CliRunner()
    n = 0
    for i in range(350):
        n += len(r.invoke(COMMAND, ARGS(i)).output)
        n += r.invoke(COMMAND, [*ASKED, "--help"]).exit_code
    return n


def whole(n):
    r = CliRunner()
    said = [r.invoke(COMMAND, ARGS(i)).output for i in range(350)]
    text = r.invoke(COMMAND, [*ASKED, "--help"]).output
    return _wl.digest(n, said, text.split())  # not all releases set blank lines alike


_wl.run(main, 2, check=_wl.pick(None, whole))
