"""The command line: arguments, exit codes, printing. Heavy imports stand where they are used."""

from workbench.cli.commands import cli, main

__all__ = ["cli", "main"]
