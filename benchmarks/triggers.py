"""How well questions find their skills, and how often another job finds one.

python benchmarks/triggers.py [--questions FILE] [--wrong]
"""

import argparse
from pathlib import Path

from workbench.agent import load_skills, match_skills
from workbench.evaluate.triggers import measure, read_questions

QUESTIONS = Path(__file__).parents[1] / "datasets" / "triggers"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=Path, default=QUESTIONS / "test.json")
    parser.add_argument("--wrong", action="store_true", help="print what was not as wanted")
    options = parser.parse_args()
    skills = load_skills()
    questions = read_questions(options.questions)
    counted, wrong = measure(questions, lambda text: match_skills(text, skills))
    print(f"{len(questions)} questions, {counted.n_others} of them of another kind")
    print(f"precision {counted.precision:.1%} ({counted.n_right} of {counted.n_found})")
    print(f"recall    {counted.recall:.1%} ({counted.n_right} of {counted.n_wanted})")
    print(f"of another kind, and a skill was found: {counted.n_false_alarms}")
    for question, names in wrong if options.wrong else ():
        print(f"- {question.text}\n  wanted {sorted(question.skills)}, found {sorted(names)}")


if __name__ == "__main__":
    main()
