"""The checks of an edit, in their order, with a workload that takes what it tells."""

import shutil

import pytest

from workbench.patch.verify.bench import Bench, Turn
from workbench.patch.verify.run import Run, Trace
from workbench.patch.verify.verification import Verifier, find_lost, find_moved
from workbench.patch.workspace import Workspace
from workbench.types import Patch, Workload

GOOD = """\
LOG = []


def count(xs):
    LOG.append(len(xs))
    known = set(xs[:300])
    return sum(x in known for x in xs)
"""
BAD = GOOD.replace("set(xs[:300])", "list(xs[:300])")
FIXED = GOOD.replace("known = set(xs[:300])", "known = frozenset(xs[:300])")
TESTS = "import mod\n\n\ndef test_count():\n    assert mod.count([1, 2, 2]) == 3\n"
WORKLOAD = """\
import os
import time

import mod

N = 900 if os.environ.get("WL_INPUTS") == "held-out" else 700
XS = [i * 7 % N for i in range(N)]
n = int(os.environ["WL_REPEAT"])
began, wall = time.process_time(), time.perf_counter()
for _ in range(n):
    found = mod.count(XS)
took = time.process_time() - began
print(f"WL cpu={took:.6f} wall={time.perf_counter() - wall:.6f} check={found}")
"""


@pytest.fixture
def verify(make_repository, tmp_path):
    """Text of the module as edited, and more files -> what is verified."""
    place = tmp_path / "workload"
    place.mkdir()
    (place / "wl.py").write_text(WORKLOAD)
    tests = {"tests/test_mod.py": TESTS}
    repository = make_repository({"mod.py": GOOD, **tests}, {"mod.py": BAD, **tests})
    workload = Workload(
        ("workload/wl.py",), (), held_out=({"WL_INPUTS": "held-out"},),
        tests=("-m", "pytest", "-q", "tests"),
    )  # fmt: skip
    with Workspace(repository, "main~1", "main") as workspace:
        verifier = Verifier(Bench.set_up(workload, tmp_path, workspace))
        yield lambda text, **more: verifier.verify(Patch("edit", "it", {"mod.py": text, **more}), 3)
    shutil.rmtree(place)


@pytest.mark.slow
def test_a_sound_edit_passes_every_check(verify):
    seen = verify(FIXED)
    assert seen.verified, seen.reason
    assert [(check.name, check.passed) for check in seen.checks] == [
        (name, True)
        for name in ("applies", "compiles", "lint", "tests", "same output", "gain",
                     "held-out gain", "honest")
    ]  # fmt: skip
    assert [gain.inputs for gain in seen.gains] == ["usual", "held-out"]
    assert min(gain.restored for gain in seen.gains) > 0.8
    assert seen.isolation


@pytest.mark.slow
def test_the_first_check_that_fails_ends_it(verify):
    for text, name, reason in (
        ("def count(:\n", "compiles", "mod.py:1: "),
        (FIXED + "\n\ndef other():\n    return missing\n", "lint", "undefined name 'missing'"),
        (FIXED.replace("for x in xs)", "for x in xs) + (len(xs) < 5)"), "tests", "test_count fails"),
        (FIXED.replace("return sum", "return -sum").replace("for x in xs)", "for x in xs) * -1 + 1"),
         "tests", "fails, and passed before"),
        (BAD + "\nX = 1\n", "gain", "of the loss"),
    ):  # fmt: skip
        seen = verify(text)
        assert not seen.verified
        assert (seen.checks[-1].name, seen.checks[-1].passed) == (name, False), seen
        assert reason in seen.reason
        assert seen.hollow == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "name"),
    [
        (FIXED.replace("    LOG.append(len(xs))\n", ""), "feature deleted"),
        (FIXED.replace("def count(xs):", "import functools\n\n\ndef count(xs):\n"
                       "    return _count(tuple(xs))\n\n\n@functools.lru_cache(maxsize=None)\n"
                       "def _count(xs):"), "input memorised"),
        (BAD.replace("def count(xs):\n", "def count(xs):\n    if len(xs) == 700:\n"
                     "        LOG.append(700)\n        return 700\n"), "input memorised"),
        (FIXED.replace("LOG = []", "import gc\n\nLOG = []\ngc.disable()"), "measurement changed"),
        (FIXED.replace("LOG = []", "LOG = []\nSUM = sum(i * i for i in range(3_000_000))"),
         "cost moved"),
    ],
    ids=["no log", "memo", "one answer", "collector", "at import"],
)  # fmt: skip
def test_a_hollow_edit_is_refused_by_name(verify, text, name):
    seen = verify(text)
    assert not seen.verified
    assert seen.hollow == name, seen.reason


@pytest.mark.slow
def test_tests_that_are_edited_are_refused_by_name(verify):
    seen = verify(FIXED, **{"tests/test_mod.py": TESTS.replace("== 3", "> 0")})
    assert seen.hollow == "judges edited"
    more = TESTS + "\n\ndef test_none():\n    assert mod.count([]) == 0\n"
    assert verify(FIXED, **{"tests/test_mod.py": more}).verified


def run(cpu=1.0, process=1.2, peak=1 << 26, n_left=0):
    return Run(cpu, 1, "", (), cpu, process, peak, n_left)


@pytest.mark.parametrize(
    ("fixed", "said"),
    [
        (run(0.5, 0.7), None),
        (run(0.5, 1.2), "the process saves 0.000"),
        (run(0.5, 0.9), "around the timed part"),
        (run(0.5, 0.7, 1 << 28), "256 MB of memory"),
        (run(0.5, 0.7, n_left=1), "leaves processes behind"),
    ],
    ids=["sound", "elsewhere", "set-up", "memory", "processes"],
)
def test_what_is_saved_must_not_be_spent_elsewhere(fixed, said):
    fault = find_moved([Turn(run(), run(0.4, 0.6), fixed)] * 5)
    assert (fault is None) == (said is None)
    assert said is None or said in fault.detail


def trace(state=(), log=(), callbacks=()):
    return Trace(frozenset(), {}, dict(callbacks), dict(state), dict(log))


def test_what_both_versions_leave_must_still_be_there():
    both = trace([("m.LOG", "a")], [("app INFO done", 2)], [("told", 3)])
    assert find_lost(both, both, both) is None
    assert (
        "m.LOG" in find_lost(both, both, trace([("m.LOG", "b")], both.log, both.callbacks)).detail
    )
    assert "logged" in find_lost(both, both, trace(both.state, (), both.callbacks)).detail
    fewer = trace(both.state, both.log, [("told", 1)])
    assert "called 1 times, before 3" in find_lost(both, both, fewer).detail
    assert find_lost(trace(), both, trace()) is None  # the code before did none of it
