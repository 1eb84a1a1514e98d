"""The efficiency workbench: from profiles to a reviewed, measured fix."""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Add `%%profile`, `%flame` and `%regressions` to a notebook (`%load_ext workbench`)."""
    from workbench.magics import WorkbenchMagics

    shell.register_magics(WorkbenchMagics)
