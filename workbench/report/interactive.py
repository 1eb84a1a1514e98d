"""Figures that can be zoomed in a notebook; as they are they stay pictures, also where saved."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure


def interactive(figure: Figure) -> Any:
    """Return a figure as an ipympl canvas: pan, zoom, and save in the notebook.

    Parameters
    ----------
    figure : Figure
        Of any `plot_*` function.

    Returns
    -------
    ipympl.backend_nbagg.Canvas
        A widget; the last line of a cell shows it.
    """
    from ipympl.backend_nbagg import Canvas, FigureManager

    canvas = Canvas(figure)
    FigureManager(canvas, 0)
    canvas.header_visible = False
    return canvas
