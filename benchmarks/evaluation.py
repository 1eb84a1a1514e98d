"""What an evaluation takes, killed or not, and its tracking beside MLflow's own ways.

python benchmarks/evaluation.py [--cases N] [--jobs N] [--kills N] [--answers N]
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from workbench.agent.skills import skills_folder
from workbench.evaluate.bank import CaseBank, datasets_folder
from workbench.evaluate.compare import compare_all
from workbench.evaluate.experiment import Plan, run_experiment
from workbench.evaluate.results import CELLS, ResultsFolder
from workbench.evaluate.tracking import genai_scorers, track_evaluation

FAMILIES = ("fleet/*", "shift/*", "feed/*")
"""Cases of which nothing is fetched."""
TIMES = ["seconds", "cpu_s", "time_to_diagnosis"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=160)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kills", type=int, default=3, help="of a second run of the same; 0: none")
    parser.add_argument("--answers", type=int, default=24, help="that MLflow's own ways log")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-evaluation-") as scratch:
        place = Path(scratch)
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{place / 'mlflow.db'}"
        os.environ["XDG_DATA_HOME"] = str(place / "data")
        os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"  # or SQLite is out of connections
        os.environ["MLFLOW_GENAI_EVAL_MAX_WORKERS"] = "1"
        measure(options, place)


def measure(options, place):
    bank = CaseBank(datasets_folder())
    cases = [case.id for case in bank.select(FAMILIES)]
    cases = sorted(random.Random(0).sample(cases, min(options.cases, len(cases))))
    shutil.copytree(skills_folder(), place / "twin")
    variants = (("ours", skills_folder()), ("twin", place / "twin"))
    began = time.perf_counter()
    plan = Plan(bank_folder := datasets_folder(), tuple(cases), variants)
    results = run_experiment(bank, plan, place / "whole", n_jobs=options.jobs)
    took = time.perf_counter() - began
    print(f"{len(cases)} cases, 4 solvers, {options.jobs} processes: {len(results):,} answers in "
          f"{took:.0f} s, {1000 * took / len(results):.0f} ms each")  # fmt: skip
    pair = compare_all(results[results["variant"].isin(["ours", "twin"])], "ours")
    for row in pair[pair["measure"] == "time_to_diagnosis"].to_dict("records"):
        print(f"equal variants, {row['half']} half: sooner in {row['before']:.0%} and "
              f"{row['after']:.0%} of {row['n_cases']} cases: {row['verdict']}")  # fmt: skip
    if options.kills:
        words = [*cases, "--cases", bank_folder, "--jobs", options.jobs, "--out", place / "killed",
                 "--no-track", "--variant", f"ours={skills_folder()}", "--variant",
                 f"twin={place / 'twin'}"]  # fmt: skip
        seconds = killed(words, place / "killed", len(results), options.kills)
        again = ResultsFolder(place / "killed").load()
        is_same = again.drop(columns=TIMES).equals(results.drop(columns=TIMES))
        n_lines = len((place / "killed" / CELLS).read_bytes().splitlines())
        print(f"killed {options.kills} times and gone on with: {seconds:.0f} s, "
              f"{'the same' if is_same else 'OTHER'} answers, "
              f"{n_lines - len(results)} of them asked twice")  # fmt: skip
    began = time.perf_counter()
    track_evaluation(place / "whole")
    tracked = time.perf_counter() - began
    print(f"tracking: {tracked:.1f} s, {tracked / took:.1%} of the evaluation")
    rows = [row for row in ResultsFolder(place / "whole").cells() if row["answer"]["steps"]]
    table = Table(title="tracking of an answer", title_justify="left")
    for name in ("how", "ms", "ratio"):
        table.add_column(name, justify="left" if name == "how" else "right")
    ours = 1000 * tracked / len(results)
    table.add_row("ours, in bulk when all is done", f"{ours:.0f}", "")
    for name, log in (
        ("a span and a feedback at a time", one_by_one),
        ("genai.evaluate", by_genai),
    ):
        began = time.perf_counter()
        log(rows[: options.answers])
        peer = 1000 * (time.perf_counter() - began) / len(rows[: options.answers])
        table.add_row(f"mlflow, {name}", f"{peer:.0f}", f"{peer / ours:.1f}")
    Console(width=100).print(table)


def killed(words, out, n_answers, n_kills):
    """Evaluate, killed when some more answers are there each time, and return the seconds."""
    parts = sorted(random.Random(1).uniform(0.05, 0.9) for _ in range(n_kills))
    began = time.perf_counter()
    for part in [*parts, None]:
        run = subprocess.Popen(
            [sys.executable, "-m", "workbench", "evaluate", *map(str, words)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while part is not None and run.poll() is None:
            cells = out / CELLS
            if cells.is_file() and cells.read_bytes().count(b"\n") >= part * n_answers:
                run.kill()
            time.sleep(0.2)
        run.wait()
    assert run.returncode == 0, "the last run failed"
    return time.perf_counter() - began


def one_by_one(rows):
    """Log answers as one is led to by MLflow's documentation."""
    import mlflow

    mlflow.set_experiment("one by one")
    for row in rows:
        with mlflow.start_span(row["case"]) as root:
            for step in row["answer"]["steps"]:
                with mlflow.start_span(step["title"]) as span:
                    span.set_outputs(step["detail"])
        for name, value in row["scores"].items():
            mlflow.log_feedback(trace_id=root.trace_id, name=name, value=value)


def by_genai(rows):
    """Log answers that are there already, scored by the same scorers."""
    import mlflow

    mlflow.set_experiment("by genai")
    data = [
        {
            "inputs": {"case": row["case"]},
            "outputs": {"change_id": row["answer"]["change_id"],
                        "suspects": list(row["answer"]["suspects"])},
            "expectations": {"culprits": row["expected"]["culprits"]},
        }
        for row in rows
    ]  # fmt: skip
    mlflow.genai.evaluate(data, scorers=genai_scorers())


if __name__ == "__main__":
    main()
