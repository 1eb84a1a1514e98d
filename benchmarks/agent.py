"""How often the agent is right, and how long it takes.

python benchmarks/agent.py [--feed FOLDER] [--built FOLDER] [--only ID ...] [--skills FOLDER]
python benchmarks/agent.py --shifts [--seed N]    # cost moved, or traffic did: nobody is to blame
python benchmarks/agent.py --ablate      # with the general skills alone, and without each in turn
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from workbench.agent import investigate, load_skills, make_model
from workbench.evaluate import load_truth
from workbench.evaluate.attribution import RecordedTimeline, open_causes
from workbench.evaluate.diagnoses import diagnose, risk_at
from workbench.evaluate.shifts import open_shifts
from workbench.solver import open_case, open_investigation

FEED = Path(__file__).parents[1] / "datasets" / "feed"
_COVERAGE = 0.8


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--feed", type=Path, default=FEED)
    parser.add_argument("--built", type=Path, help="folder of built cases of real packages")
    parser.add_argument("--shifts", action="store_true", help="cases in which nothing is dearer")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn of them")
    parser.add_argument("--only", nargs="*", default=(), help="ids of cases")
    parser.add_argument("--skills", type=Path, help="folder of skills")
    parser.add_argument("--ablate", action="store_true", help="leave skills out, each in turn")
    parser.add_argument("--explain", action="store_true", help="print steps and claims")
    options = parser.parse_args()
    skills = {skill.name: skill for skill in load_skills(options.skills, "defense")}
    with TemporaryDirectory() as scratch:
        if options.shifts:
            timeline = RecordedTimeline.open(options.feed)
            opened = map(_told, open_shifts(timeline, Path(scratch), seed=options.seed))
        else:
            opened = built(options.built) if options.built else feed(options.feed)
        if options.ablate:
            ablate([case for case in opened if case[-1] is not None], skills)
        else:
            report([*_diagnosed(opened, _solver(skills), options)])


def _solver(skills):
    model = make_model("playbook", skills)
    return lambda evidence, regression_id: investigate(evidence, regression_id, model, skills)


GENERAL = ("cost-outside-the-diff", "extra-work-in-hot-path", "more-items")


def ablate(opened, skills):
    """Print what each skill adds: how many answers are right with it, and without."""
    sets = {"all": skills, "general ones alone": {name: skills[name] for name in GENERAL}}
    sets |= {f"without {out}": {n: s for n, s in skills.items() if n != out} for out in skills}
    print(f"{'skills':36s} named first accused wrongly, and with the culprit taken away")
    for title, some in sets.items():
        solver = _solver(some)
        pairs = [diagnose(*case[:4], case[4].id, solver) for case in opened]
        guilty = [case for case, _ in pairs if case.culprits]
        others = [case for case, _ in pairs if not case.culprits] + [c for _, c in pairs if c]
        wrong = sum(bool(case.accused) and not case.is_right for case in guilty)
        print(
            f"{title:36s} {sum(case.is_right for case in guilty):5d} "
            f"{sum(case.place == 1 for case in guilty):5d} {wrong:7d} "
            f"{sum(bool(case.accused) for case in others):7d}"
        )


def feed(folder):
    """Return (id, category, culprits, evidence, regression) of each cause of a timeline."""
    return map(_told, open_causes(RecordedTimeline.open(folder)))


def _told(cause):
    return cause.id, cause.category, cause.culprits, cause.evidence, cause.regression


def built(folder):
    """Yield the same of cases of real packages (`workbench case build`)."""
    for path in sorted(folder.glob("*/case.json")):
        truth = load_truth(path.parent)
        evidence = open_investigation(open_case(path.parent))
        found = evidence.detection.found
        culprits = frozenset(truth.culprit_commits if truth.regressed else ())
        yield path.parent.name, "", culprits, evidence, found[0] if found else None


def _diagnosed(opened, solver, options):
    for case_id, category, culprits, evidence, regression in opened:
        if options.only and case_id not in options.only:
            continue
        if regression is None:
            print(f"{case_id:26s} {category:20s} nothing detected")
            yield None, None
            continue
        began = time.perf_counter()
        ranking = evidence.ranking(regression.id)
        ranked = time.perf_counter() - began
        pair = diagnose(case_id, category, culprits, evidence, regression.id, solver)
        for case in filter(None, pair):
            _print(case, ranking, culprits, ranked, is_taken=case is pair[1])
            if options.explain:
                _explain(case)
        yield pair


def _print(case, ranking, culprits, ranked, *, is_taken):
    diagnosis = case.trajectory.diagnosis
    said = "right" if case.is_right else "abstained" if not case.accused else "WRONG"
    first = ranking.first
    by_rank = "right" if first and first.id in culprits else "none" if not first else "wrong"
    what = "culprit taken away" if is_taken else f"by rank {by_rank}"
    print(
        f"{case.id:26s} {case.category:20s} {said:9s} {case.place} {case.confidence:.2f} "
        f"{diagnosis.skill:27s} {what:19s} {case.seconds:.2f} s, ranking {ranked:.2f} s"
    )


def _explain(case):
    for step in case.trajectory.steps:
        print(f"    {step.node}: {step.title}")
    diagnosis = case.trajectory.diagnosis
    print(f"    = {diagnosis.summary}")
    for item in diagnosis.evidence:
        print(f"    - {item.claim}")
    for item in case.trajectory.struck:
        print(f"    x {item['claim']} ({item['why']})")


def report(pairs):
    """Print the rates."""
    cases = [case for case, _ in pairs if case]
    guilty = [case for case in cases if case.culprits]
    free = [case for case in cases if not case.culprits]
    taken = [case for _, case in pairs if case]
    tell("detected", pairs, lambda pair: pair[0])
    tell("culprit named", guilty, lambda case: case.is_right)
    tell("first of the suspects", guilty, lambda case: case.place == 1)
    tell("in the first three", guilty, lambda case: 1 <= case.place <= 3)
    tell("wrongly accused, of those with a culprit", guilty, lambda c: c.accused and not c.is_right)
    tell("accused, no culprit", free, lambda case: case.accused)
    tell("accused, culprit taken away", taken, lambda case: case.accused)
    for name, some in (("as they are", cases), ("with those taken away", [*cases, *taken])):
        if some:
            print(f"risk at {_COVERAGE:.0%} coverage, {name:24s} {risk_at(_COVERAGE, some):.1%}")
    struck = [item for case in [*cases, *taken] for item in case.trajectory.struck]
    print(f"claims struck {len(struck)}")
    seconds = [case.seconds for case in [*cases, *taken]]
    if seconds:
        print(f"time to diagnosis: median {np.median(seconds):.2f} s, most {max(seconds):.2f} s")


def tell(what, cases, is_so):
    n = sum(bool(is_so(case)) for case in cases)
    print(f"{what:42s} {n} of {len(cases)} ({n / max(len(cases), 1):.0%})")


if __name__ == "__main__":
    main()
