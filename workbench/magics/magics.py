"""`%load_ext workbench`: profile a cell, look at a file, list what regressed."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from types import CodeType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from workbench.errors import WorkbenchError
from workbench.magics.profilers import PROFILERS, choose_profiler
from workbench.profile import Profile
from workbench.widgets import FlameGraph, RegressionBoard

CELL = "<cell>"
"""What the root of a cell is called."""


@magics_class
class WorkbenchMagics(Magics):
    """The magics of the workbench."""

    @magic_arguments()
    @argument("--with", dest="profiler", default="", choices=[p.name for p in PROFILERS],
              help="Which profiler. Default: the first of these that can be used.")  # fmt: skip
    @argument("--as", dest="name", default="", help="Name of a variable to put the profile into.")
    @argument("--quiet", action="store_true", help="Do not show the flame graph.")
    @cell_magic
    def profile(self, line: str, cell: str) -> None:
        """Run the cell under a profiler, and show where its time went."""
        told = parse_argstring(self.profile, line)
        if told.name and not told.name.isidentifier():
            raise UsageError(f"expected the name of a variable after --as, got {told.name!r}")
        try:
            profiler, reasons = choose_profiler(told.profiler)
            shown: list[Any] = []
            run = _as_call(self._notebook.transform_cell(cell), self._notebook.user_ns, shown)
            profile = _of_cell(profiler.record(run))
        except WorkbenchError as error:
            raise UsageError(str(error)) from error
        for value in shown:
            display(value)
        because = f" ({'; '.join(reasons)})" if reasons else ""
        print(f"{profiler.name}{because}: {profile!r}")
        if told.name:
            self._notebook.user_ns[told.name] = profile
        if not told.quiet:
            display(FlameGraph(profile, title="cell"))

    @line_magic
    def flame(self, line: str) -> FlameGraph:
        """Show the flame graph of a profile: `%flame FILE`, or of two: `%flame BEFORE AFTER`."""
        from workbench.ingest import read

        paths = shlex.split(line)
        if not 1 <= len(paths) <= 2:
            raise UsageError(f"expected one file, or two to compare, got {len(paths)}")
        try:
            profiles = [self._value(path) or read(Path(path).expanduser()) for path in paths]
            return FlameGraph(*profiles, title=Path(paths[-1]).name)
        except (WorkbenchError, OSError) as error:
            raise UsageError(str(error)) from error

    @line_magic
    def regressions(self, line: str) -> RegressionBoard:
        """Show what regressed in a store, or a service of it: `%regressions STORE [SERVICE]`."""
        from workbench.agent.opened import open_service
        from workbench.store import Store

        words = shlex.split(line)
        if not 1 <= len(words) <= 2:
            raise UsageError(
                f"expected a store and, where it has more, a service, got {len(words)}"
            )
        try:
            store = Store.open(Path(words[0]).expanduser())
            services = words[1:] or store.services()
            if len(services) != 1:
                raise UsageError(f"expected one of the services {', '.join(services)} besides")
            opened = open_service(store, services[0], None)
            return RegressionBoard(opened.detection, series=opened.series)
        except (WorkbenchError, OSError) as error:
            raise UsageError(str(error)) from error

    @property
    def _notebook(self) -> InteractiveShell:
        """The shell of the notebook that loaded these."""
        assert self.shell is not None
        return self.shell

    def _value(self, name: str) -> Profile | None:
        """Return the profile that a variable holds, where there is one of that name."""
        value = self._notebook.user_ns.get(name)
        return value if isinstance(value, Profile) else None


def _as_call(source: str, namespace: dict[str, Any], shown: list[Any]) -> Any:
    """Return a function that runs the source; what its last expression is goes to `shown`."""
    try:
        tree = ast.parse(source, CELL)
        value = None
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            value = _named(compile(ast.Expression(last.value), CELL, "eval"))
            tree.body.pop()
        body = _named(compile(tree, CELL, "exec"))
    except SyntaxError as error:
        raise UsageError(f"expected Python that runs at once: {error}") from error

    def run_cell() -> None:
        exec(body, namespace)
        result = eval(value, namespace) if value is not None else None
        if result is not None:
            shown.append(result)

    return run_cell


def _named(code: CodeType) -> CodeType:
    """Return code whose frames are called the cell's."""
    return code.replace(co_name=CELL, co_qualname=CELL)


def _of_cell(profile: Profile) -> Profile:
    """Return what went on inside the cell; all of it where no frame of it was seen."""
    names = profile.functions["name"].to_pylist()
    return profile.focus(CELL) if profile.graph is None and CELL in names else profile
