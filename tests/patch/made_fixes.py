"""Verifications made from literals."""

import math

from workbench.types import CHECKS, Check, Gain, Verification, quiet_cost

_NAMES = tuple(CHECKS)
_SAME_OUTPUT = _NAMES[: _NAMES.index("same output") + 1]


def make_verification(
    *passed, good=(), bad=(), fixed=(), restored=math.nan, interval=(math.nan, math.nan),
    saved=math.nan, verified=False, reason="", hollow="", failed="",
):  # fmt: skip
    """Names of checks that passed (default: all up to the output), and what runs took -> what was
    verified."""
    at = [float(quiet_cost(side)) if side else math.nan for side in (good, bad, fixed)]
    gain = Gain("usual", good, bad, fixed, *at, restored, interval, saved)
    names = passed if passed or failed else _NAMES if verified else _SAME_OUTPUT
    checks = [Check(name, True) for name in names]
    if failed:
        checks.append(Check(failed, False, reason))
    return Verification(tuple(checks), (gain,), verified, reason, hollow, "limits")


def make_failure(failed, reason, **values):
    """A check and why it failed -> what was verified, the checks before it passed."""
    passed = _NAMES[: _NAMES.index(failed)]
    return make_verification(*passed, failed=failed, reason=reason, **values)
