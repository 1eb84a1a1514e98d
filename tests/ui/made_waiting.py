"""Things that wait for a review, as literals."""

from datetime import UTC, datetime, timedelta

from made_fixes import make_failure, make_verification

from workbench.types import Diagnosis, Evidence, Fix, Gain, Patch, Verification, Waiting

SINCE = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
DIFF = "--- a/app.py\n+++ b/app.py\n@@ -1,2 +1,2 @@\n def f():\n-    parse(x)\n+    read(x)\n"
SEEN = make_verification(
    good=(1.0, 1.1), bad=(2.0, 2.1), fixed=(1.1, 1.2), restored=0.9, interval=(0.85, 0.95),
    verified=True,
)  # fmt: skip
FIX = Fix(Patch("hoist", "Parse once", {"app.py": "x"}), DIFF, SEEN)
FAILED = Fix(FIX.patch, DIFF, make_failure("gain", "it restores nothing"))
SAVED = Verification(
    SEEN.checks,
    (
        Gain("usual", (), (2.0,), (1.9,), at_bad=2.0, at_fixed=1.9, saved=0.05,
             saved_interval=(0.04, 0.06)),
        Gain("held-out", (), (4.0,), (3.9,), at_bad=4.0, at_fixed=3.9, saved=0.025,
             saved_interval=(0.01, 0.03)),
    ),
    True,
)  # fmt: skip
SAVING = Fix(Patch("drop_copy", "Hand on the object", {}), DIFF, SAVED)


def waits(name: str, hours: float = 0.0, **told) -> Waiting:
    """Name, and hours after the first -> a regression that waits."""
    diagnosis = Diagnosis(
        f"R-{name}", f"It parses in {name}", "c0ffee1234", ("app:f",), "repeated work", "hoist",
        0.9, (Evidence("`parse` grew by 42.5 %", "call-1"),),
    )  # fmt: skip
    given = {
        "investigation": name, "since": SINCE + timedelta(hours=hours), "regression": f"R-{name}",
        "service": "shop", "subject": f"app:{name}", "metric": "cost", "before": 1.0, "after": 2.0,
        "watts": None, "diagnosis": diagnosis, "title": "Parse each", "fix": FIX,
        "evidence": {"call-1": '{"name": "parse", "growth": 0.425}'},
    }  # fmt: skip
    return Waiting(**given | told)


def wastes(name: str, hours: float = 0.0, **told) -> Waiting:
    """Name, and hours after the first -> an opportunity that waits."""
    diagnosis = Diagnosis("", f"It copies in {name}", mitigation="drop_copy", confidence=0.7,
                          opportunity_id=f"O-{name}")  # fmt: skip
    given = {
        "regression": f"O-{name}", "diagnosis": diagnosis, "pattern": "deep_copy_only_read",
        "before": float("nan"), "after": float("nan"), "fix": SAVING, "title": "", "evidence": {},
    }  # fmt: skip
    return waits(name, hours, **given | told)
