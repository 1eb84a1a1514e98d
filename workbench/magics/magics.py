"""`%load_ext workbench`: profile a cell, look at a file, list what regressed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from workbench.errors import SignalError, WorkbenchError
from workbench.magics.cell import Cell
from workbench.magics.profilers import PROFILERS, choose_profiler
from workbench.profile import Profile
from workbench.types import Recording, SeriesMatrix
from workbench.widgets import FlameGraph, RegressionBoard

if TYPE_CHECKING:
    import pandas as pd


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
        __tracebackhide__ = True
        notebook = self._notebook
        try:
            profiler, reasons = choose_profiler(told.profiler)
            run = Cell(
                notebook.transform_cell(cell), notebook.user_ns, head=f"%%profile {line}".rstrip(),
                number=notebook.displayhook.prompt_count, flags=notebook.compile.flags,
            )  # fmt: skip
        except WorkbenchError as error:
            raise UsageError(str(error)) from error
        try:
            recorded = profiler.record(run)
        except WorkbenchError as error:
            run.check()
            raise UsageError(str(error)) from error
        value = run.take_value()
        if value is not None and not notebook.displayhook.semicolon_at_end_of_expression(cell):
            display(value)
        because = f" ({'; '.join(reasons)})" if reasons else ""
        print(f"{profiler.name}{because}: {recorded.profile!r}")
        if recorded.note:
            print(recorded.note)
        if told.name:
            notebook.user_ns[told.name] = recorded.profile
        if not told.quiet and recorded.profile.n_samples:
            display(FlameGraph(recorded.profile, title="cell"))
        run.check()

    @magic_arguments()
    @argument("before", nargs="+", help="Files of any profiler, or variables; two: before, after.")
    @argument("--after", nargs="+", default=[], help="Later ones; those before are replicates.")
    @line_magic
    def flame(self, line: str) -> FlameGraph:
        """Show the flame graph of a profile, or what changed: `%flame BEFORE… --after AFTER…`."""
        from workbench.ingest import read

        told = self.flame.parser.parse_args(_words(line))
        sides = [told.before, told.after]
        if not told.after:
            if len(told.before) > 2:
                raise UsageError(
                    f"expected one file, or two to compare, got {len(told.before)}; replicates "
                    "are told apart by --after"
                )
            sides = [told.before[:1], told.before[1:]]
        try:
            profiles = [
                [self._value(path) or read(Path(path).expanduser()) for path in paths]
                for paths in sides
                if paths
            ]
            names = [", ".join(Path(path).name for path in paths) for paths in sides if paths]
            return FlameGraph(*profiles, title=" → ".join(names))
        except (WorkbenchError, OSError) as error:
            raise UsageError(str(error)) from error

    @magic_arguments()
    @argument("path", help="A store, a case, or a file of series.")
    @argument("service", nargs="?", default="", help="Where there are several.")
    @argument("--budget", type=float, default=1.0,
              help="False alerts among 1,000 series in which nothing happened.")  # fmt: skip
    @argument("--lower-is-worse", nargs="+", default=[], metavar="NAME",
              help="Metrics, or series, of which a fall is the regression.")  # fmt: skip
    @line_magic
    def regressions(self, line: str) -> RegressionBoard:
        """Show what regressed in a store, a case or a file of series: `%regressions PATH`."""
        from workbench.detect import DetectConfig, detect
        from workbench.signals import stacks

        told = self.regressions.parser.parse_args(_words(line))
        lower = DetectConfig().lower_is_worse.union(told.lower_is_worse)
        try:
            config = DetectConfig(alerts_per_1000_series=told.budget, lower_is_worse=lower)
            series, recording = _series_of(Path(told.path).expanduser(), told.service)
            of_paths = None if recording is None else stacks(recording)
            return RegressionBoard(detect(series, stacks=of_paths, config=config), series=series)
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


def _series_of(path: Path, service: str) -> tuple[SeriesMatrix | pd.DataFrame, Recording | None]:
    """Return the series of a store, a case or a file, and what was recorded where that is known."""
    from workbench.ingest.series import read_series
    from workbench.signals import function_series
    from workbench.store import Store

    if path.is_file():
        measured = read_series(path)
        known = sorted({*measured["service"]} - {""})
        if service and service not in known:
            told = ", ".join(known) or "none, as it names none"
            raise SignalError(f"{path}: expected a service of {told}, got {service!r}")
        return measured[measured["service"] == service] if service else measured, None
    is_case = (path / "case.json").is_file()
    store = Store.open(path / "store" if is_case else path)
    services = [service] if service else store.services()
    if len(services) != 1:
        raise SignalError(f"{path}: expected one of the services {', '.join(services)} besides")
    recording = store.recording(services[0])
    return function_series(recording), recording


def _words(line: str) -> list[str]:
    """Return the words of a line, which quotes may hold together."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"expected words, quotes in pairs, got {line!r}: {error}") from error
