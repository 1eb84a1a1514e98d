"""How well questions find their skills, and how often another job finds one.

python benchmarks/triggers.py [--wrong] [FILE ...]    # questions that nothing was learned from
python benchmarks/triggers.py --folds 6               # the skills' own, each part by the others
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.agent import load_skills, match_skills
from workbench.evaluate.triggers import Question, measure, read_questions

HELD_OUT = Path(__file__).parents[1] / "datasets" / "triggers"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", type=Path, nargs="*", help="lists of `query` and `skills`")
    parser.add_argument("--skills", type=Path, help="folder of skills")
    parser.add_argument("--folds", type=int, help="parts of the skills' own questions")
    parser.add_argument("--wrong", action="store_true", help="print what was not as wanted")
    options = parser.parse_args()
    skills = load_skills(options.skills)
    if options.folds:
        questions, found = held_out_in_turn(skills, options.folds)
        tell(f"own questions, {options.folds} parts", questions, found.get, options.wrong)
        return
    everything = []
    for path in options.files or sorted(HELD_OUT.glob("*.json")):
        questions = read_questions(path)
        everything += questions
        tell(path.name, questions, lambda text: match_skills(text, skills), options.wrong)
    tell("together", everything, lambda text: match_skills(text, skills), wrong=False)


def held_out_in_turn(skills, n_folds):
    """Return the skills' own questions, and what each finds where it was not learned from."""
    wanted = defaultdict(set)
    for skill in skills:
        for told in skill.questions:
            wanted[told.query] |= {skill.name} if told.should_trigger else set()
    numbers = np.random.default_rng(0).integers(n_folds, size=len(wanted))
    fold = dict(zip(wanted, numbers, strict=True))
    found = {}
    for number in range(n_folds):
        known = [
            replace(s, questions=tuple(q for q in s.questions if fold[q.query] != number))
            for s in skills
        ]
        asked = [text for text in wanted if fold[text] == number]
        found |= {text: match_skills(text, known) for text in asked}
    return [Question(text, frozenset(names)) for text, names in wanted.items()], found


def tell(title, questions, select, wrong):
    counted, not_as_wanted = measure(questions, select)
    print(f"{title}: {len(questions)} questions, {counted.n_others} of them of another kind")
    print(f"  precision {counted.precision:.1%} ({counted.n_right} of {counted.n_found})")
    print(f"  recall    {counted.recall:.1%} ({counted.n_right} of {counted.n_wanted})")
    print(f"  of another kind, and a skill was found: {counted.n_false_alarms}")
    for question, names in not_as_wanted if wrong else ():
        print(f"- {question.text}\n  wanted {sorted(question.skills)}, found {sorted(names)}")


if __name__ == "__main__":
    main()
