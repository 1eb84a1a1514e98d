"""Write manifest.json: where each file of this folder comes from, and what it holds.

python make_manifest.py
"""

import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
MANIFEST = "manifest.json"
OURS = "written for this project"
KINDS = {
    "spec.json": {
        "origin": f"{OURS}: two released versions of a package and what its issue tracker says of the cause",
        "unit": "none",
        "made": "by hand",
    },
    "workloads/*.py": {
        "origin": f"{OURS}; imports the package under test, holds no code of it",
        "unit": "prints CPU and wall seconds of the timed part",
        "made": "by hand",
    },
    "store.json": {
        "origin": f"{OURS}: the version of the store's format",
        "unit": "none",
        "made": "workbench case build <case>/spec.json --out <folder> --windows N (12 or 20), its store/",
    },
    "segments/*.json": {
        "origin": f"{OURS}: which tables and profiles a segment holds",
        "unit": "written_ns in nanoseconds of Unix time",
        "made": "workbench case build <case>/spec.json --out <folder> --windows N (12 or 20), its store/",
    },
    "*.parquet": {
        "origin": "recorded here from the public releases that spec.json names; names of functions and files, no source",
        "unit": "samples of CPU time at 200 Hz by py-spy; cpu_seconds in seconds of CPU; work in rounds of the workload",
        "made": "workbench case build <case>/spec.json --out <folder> --windows N (12 or 20), its store/",
    },
    "make_manifest.py": {"origin": OURS, "unit": "none", "made": "by hand"},
}


def files():
    """Return what the manifest covers, by path."""
    paths = (p for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return sorted(p for p in paths if p.name != MANIFEST)


def kind_of(path):
    """Return which pattern describes a file; no file is without."""
    (pattern,) = (pattern for pattern in KINDS if path.match(pattern))
    return pattern


def manifest():
    """Return the manifest as it should be."""
    return {
        "name": "pypi",
        "about": "Recorded profiles of real packages before and after a release, each with its workload.",
        "licence": "Apache-2.0",
        "kinds": KINDS,
        "files": {
            path.relative_to(HERE).as_posix(): {
                "kind": kind_of(path),
                "licence": "Apache-2.0",
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in files()
        },
    }


if __name__ == "__main__":
    (HERE / MANIFEST).write_text(json.dumps(manifest(), indent=1) + "\n", encoding="utf-8")
