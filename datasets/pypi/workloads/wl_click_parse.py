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


def main():
    r = CliRunner()
    n = 0
    for i in range(350):
        n += len(r.invoke(cli, ["--debug", "run", "-n", str(i), "--mode", "b", "x", "y"]).output)
        n += r.invoke(cli, ["run", "--help"]).exit_code
    return n


_wl.run(main, 2)
