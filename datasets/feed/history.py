"""Build the repository of the service from base/ and history/: python history.py OUT."""

import sys
from pathlib import Path

from workbench.evaluate.cases.timeline import build_history

if __name__ == "__main__":
    for name, commit in build_history(Path(__file__).parent, Path(sys.argv[1])).items():
        print(commit, name or "base")
