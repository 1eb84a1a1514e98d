"""The command that finds regressions among series: of a store, of a file, of a benchmark suite."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.findings import (
    Found,
    Judged,
    Named,
    add_up,
    draw,
    draw_found,
    file_name,
    print_found,
    print_funnel,
    rank,
    to_json,
)
from workbench.cli.output import counted, printable, tracked
from workbench.cli.series import Group, choose, read_source
from workbench.errors import SignalError

if TYPE_CHECKING:
    import pandas as pd

    from workbench.detect import DetectConfig
    from workbench.types import SeriesParts

_FEWEST_WINDOWS = 10
"""Five on either side of a step: in fewer none can be told."""
_MOST_COMPARED = 20_000
"""Names that are looked at for what is close to one that is not known."""


@click.command()
@click.argument("source")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--service", help="Of the series to judge.  [default: every one]")
@click.option("--metric", help="To judge.  [default: of profiles, cost where work is known, else "
              "gcpu; and all that was measured]")  # fmt: skip
@click.option("--budget", type=click.FloatRange(0, 1000, min_open=True), default=1.0,
              show_default=True, help="False alerts to expect of 1,000 series in which nothing "
              "happened.")  # fmt: skip
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False),
              help="Write a PNG of each regression to this folder.")  # fmt: skip
@click.option("--explain", "explained", metavar="SERIES",
              help="Say why this series was or was not reported, and nothing else.")  # fmt: skip
@click.option("--watts", type=click.FloatRange(0, min_open=True),
              help="Power that a service draws.  [default: what the store knows]")  # fmt: skip
@click.option("--min-relative", type=click.FloatRange(0), default=0.005, show_default=True,
              help="Smallest change to report, as a fraction of the level before.")  # fmt: skip
@click.option("--lower-is-worse", "lower", metavar="NAME", multiple=True,
              help="Metric or series of which a fall is the regression, such as a throughput; may "
              "be given several times.")  # fmt: skip
def detect(
    source: str, as_json: bool, service: str | None, metric: str | None, budget: float,
    figures: Path | None, explained: str | None, watts: float | None, min_relative: float,
    lower: tuple[str, ...],
) -> None:  # fmt: skip
    """Find what regressed in SOURCE, and say what was left out and why.

    SOURCE is a store, a file of series (CSV, Parquet, results of pytest-benchmark, pyperf, Google
    Benchmark, Prometheus) or a folder of results of asv. Series of one metric and service are
    judged together. Parquet with one row a series, and a folder of Parquet, is read in parts: it
    may be larger than memory, and all its series are judged together.

    A rise is a regression, save of what --lower-is-worse names and of `throughput`. Exit code 0,
    whatever was found; 1 where SOURCE cannot be read, 2 where options are wrong.
    """
    if as_json and explained is not None:
        raise click.UsageError("expected --json without --explain")
    from workbench.detect import DetectConfig

    series, known_watts = read_source(source)
    config = DetectConfig(
        alerts_per_1000_series=budget, min_relative=min_relative,
        service_watts=watts if watts is not None else known_watts or None,
        lower_is_worse=DetectConfig().lower_is_worse.union(lower),
    )  # fmt: skip
    chosen = choose(source, series, service, metric)
    if isinstance(chosen, list):
        judged = _judge(source, chosen, config, explained)
    else:
        judged = [_judge_parts(source, chosen, config, explained)]
    named = {name for one in judged for series in one.series for name in series[1:]}
    strange = sorted({*lower} - named) if named else []
    if strange:
        known = ", ".join(map(printable, sorted(named)[:8]))
        raise SignalError(f"{source}: expected --lower-is-worse among {known}, got {strange[0]!r}")
    if explained is not None:
        _explain(judged, explained, figures)
        return
    found = rank([Found(r, one) for one in judged for r in one.detection.found])
    gains = rank([Found(r, one) for one in judged for r in one.detection.gains])
    funnel = add_up([one.detection.funnel for one in judged])
    if as_json:
        told = {"regressions": [*map(to_json, found)], "improvements": [*map(to_json, gains)]}
        click.echo(json.dumps({**told, "funnel": funnel}, indent=1, allow_nan=False))
    else:
        print_found(found, gains, sum(one.n_series for one in judged))
        print_funnel(funnel)
    if figures is not None:
        draw_found(found, figures)
        number = "1 figure" if len(found) == 1 else f"{len(found)} figures"
        click.echo(f"wrote {number} to {figures}", err=as_json)


def _judge(
    source: str, groups: list[Group], config: DetectConfig, explained: str | None
) -> list[Judged]:
    """Detect in each group, or in those that have a series which is to be explained."""
    from workbench.detect import detect as search

    judged, subjects, n_windows = [], dict[str, None](), []
    for group in tracked("detect", groups):
        series, stacks = group.load()
        subjects |= dict.fromkeys(series.subjects)
        named = [Named(subject, subject, group.metric) for subject in series.subjects]
        if explained is not None and not _meant(named, explained):
            continue
        n_windows.append(series.values.shape[1])
        if n_windows[-1] >= _FEWEST_WINDOWS:
            detection = search(series, stacks=stacks, config=config)
            judged.append(Judged(group.name, group.unit, named, series.windows, detection))
        elif len(groups) > 1:
            told = f"{printable(group.name)}: {_too_few(n_windows[-1])}"
            click.echo(f"left out: {told}", err=True)
    if explained is not None and not n_windows:
        raise _unknown(source, explained, [*subjects])
    if not judged:
        raise SignalError(f"{source}: {_too_few(max(n_windows))}")
    return judged


def _judge_parts(
    source: str, parts: SeriesParts, config: DetectConfig, explained: str | None
) -> Judged:
    """Detect in series that are read some at a time."""
    import pandas as pd

    from workbench.detect import detect as search

    named = []
    if explained is not None:
        named = [one for index in parts.names() for one in _named(index)]
        if not _meant(named, explained):
            raise _unknown(source, explained, [*dict.fromkeys(one.subject for one in named)])
    shown = replace(parts, read=lambda: counted("detect", "series", parts.read()))
    detection = search(shown, config=config)
    return Judged("", "", named, pd.DataFrame(), detection)


def _named(index: pd.Index[Any]) -> Iterator[Named]:
    """Return what names the series of a part."""
    of_subject = index.get_level_values("subject" if "subject" in index.names else -1)
    metrics = index.get_level_values("metric") if "metric" in index.names else [""] * len(index)
    return map(Named, index, of_subject.astype(str), metrics)


def _too_few(n_windows: int) -> str:
    return f"expected {_FEWEST_WINDOWS} windows or more, found {n_windows}"


def _meant(series: Sequence[Named], wanted: str) -> list[Named]:
    """Return the series of a subject, or else those of functions of this name in any module."""
    exactly = [one for one in series if one.subject == wanted]
    return exactly or [one for one in series if wanted in _names_of(one.subject)]


def _names_of(subject: str) -> tuple[str, str]:
    """Return what a function is called without its module, and without its class."""
    name = subject.rpartition(":")[2]
    return name, name.rpartition(".")[2]


def _unknown(source: str, wanted: str, subjects: list[str]) -> SignalError:
    close = get_close_matches(wanted, subjects[:_MOST_COMPARED], n=3)
    hint = f"; close to it: {', '.join(close)}" if close else ""
    return SignalError(printable(f"{source}: expected one of its series, got {wanted!r}{hint}"))


def _explain(judged: list[Judged], wanted: str, figures: Path | None) -> None:
    """Print why series were or were not reported."""
    places = [(one, named) for one in judged for named in _meant(one.series, wanted)]
    for number, (one, named) in enumerate(places, start=1):
        explanation = one.detection.explain(named.id)
        title = one.title(named) if len(places) > 1 else named.subject
        click.echo(printable(f"{title}: {explanation}" if len(places) > 1 else str(explanation)))
        if figures is not None:
            path = figures / file_name(number, len(places), title)
            draw(explanation, named.metric, one.unit, title, path)
            click.echo(f"wrote {path}")
