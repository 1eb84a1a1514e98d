"""Loops over the tables of a store; see `workbench.compiled` for what they may use."""

from workbench.compiled import Loops

loops = Loops()


@loops
def add_runs(runs, firsts, lasts, row, window, value, values):
    """Add the cells of each run to the rows of the functions in its stack, by window."""
    for run in range(len(firsts)):
        for pair in range(firsts[run], lasts[run]):
            function = row[pair]
            for cell in range(runs[run], runs[run + 1]):
                if window[cell] >= 0:
                    values[function, window[cell]] += value[cell]
