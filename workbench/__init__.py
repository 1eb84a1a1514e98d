"""The efficiency workbench: from profiles to a reviewed, measured fix."""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Add `%%profile`, `%flame` and `%regressions` to a notebook (`%load_ext workbench`)."""
    from workbench.magics import WorkbenchMagics

    shell.register_magics(WorkbenchMagics)


def unload_ipython_extension(shell: Any) -> None:
    """Take them away again (`%unload_ext workbench`); those of others stay."""
    from workbench.magics import WorkbenchMagics

    for known in shell.magics_manager.magics.values():
        ours = [n for n, act in known.items() if isinstance(_owner(act), WorkbenchMagics)]
        for name in ours:
            del known[name]


def _owner(act: Any) -> Any:
    return getattr(act, "__self__", None)
