"""One list of dependencies (pyproject), one lock, and a wheel that holds all it needs."""

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from workbench.evaluate.cases import demo_case

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
DEVELOPMENT = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

DATA_SUFFIXES = {".html", ".css", ".js", ".md"}


def lock_entries():
    """Yield (requirement, number of hashes) for every entry of the lock."""
    for entry in re.split(r"\n(?=[A-Za-z0-9])", "\n" + LOCK)[1:]:
        head, *rest = entry.split("\\\n")
        yield Requirement(head.strip()), sum("--hash=sha256:" in line for line in rest)


def locked_versions():
    versions = {}
    for requirement, _ in lock_entries():
        (pin,) = requirement.specifier
        assert pin.operator == "==", f"{requirement}: the lock pins exact versions"
        versions.setdefault(canonicalize_name(requirement.name), []).append(pin.version)
    return versions


def third_party_imports():
    """Map each top-level module that workbench imports to the files that do so."""
    found = {}
    for path in sorted((ROOT / "workbench").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for root in {name.split(".")[0] for name in names} - {"workbench", "__future__"}:
                if root not in sys.stdlib_module_names:
                    found.setdefault(root, []).append(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.parametrize("requirement", RUNTIME + DEVELOPMENT, ids=str)
def test_lock_satisfies_pyproject(requirement):
    versions = locked_versions().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement.name} is not in requirements.lock: run `make lock`"
    refused = [v for v in versions if not requirement.specifier.contains(v, prereleases=True)]
    assert not refused, f"locked {refused}, but pyproject wants {requirement}: run `make lock`"


def test_every_locked_version_has_hashes():
    bare = [str(requirement) for requirement, n_hashes in lock_entries() if not n_hashes]
    assert not bare


def test_lock_names_no_host():
    options = ("://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host")
    assert not [line for line in LOCK.splitlines() if any(option in line for option in options)]


def test_lock_of_modules_names_no_registry_and_pins_what_package_json_has():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert lock[""]["devDependencies"] == wanted
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert not [name for name, entry in lock.items() if "resolved" in entry]
    assert not [name for name, entry in lock.items() if name and "integrity" not in entry]


def test_conda_environment_repeats_no_dependency():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, nested = environment["dependencies"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    assert nested == {"pip": ["-e .[dev]"]}


def test_oldest_python_is_said_alike():
    (bound,) = SpecifierSet(PROJECT["requires-python"])
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert config["tool"]["ruff"]["target-version"] == "py" + bound.version.replace(".", "")
    assert f"--python-version {bound.version}" in makefile


def test_every_import_is_declared():
    declared = {canonicalize_name(requirement.name) for requirement in RUNTIME}
    distributions = packages_distributions()
    undeclared = {
        name: files
        for name, files in third_party_imports().items()
        if not declared & {canonicalize_name(d) for d in distributions.get(name, [name])}
    }
    assert not undeclared, f"imported, but not in [project] dependencies: {undeclared}"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("requirement", RUNTIME, ids=lambda requirement: requirement.name)
def test_declared_dependency_imports(requirement):
    wanted = canonicalize_name(requirement.name)
    modules = [
        module
        for module, distributions in packages_distributions().items()
        if wanted in map(canonicalize_name, distributions) and module.isidentifier()
    ]
    public = [module for module in modules if not module.startswith("_")]
    if not public:
        pytest.skip(f"{requirement.name} installs a program, not a module")
    namesakes = [module for module in public if canonicalize_name(module) == wanted]
    for module in namesakes or public:  # duckdb brings an adapter for a library we do not use
        importlib.import_module(module)


@pytest.fixture(scope="module")
def wheel_file(tmp_path_factory):
    """Build from a copy, so that no build folder is left here."""
    tree = tmp_path_factory.mktemp("wheel") / "tree"
    ignored = shutil.ignore_patterns(
        *(".git", ".venv", ".uv", ".*_cache", "out", "build", "dist", "*.egg-info", "__pycache__"),
        "node_modules",
    )
    shutil.copytree(ROOT, tree, ignore=ignored)
    probe = tree / "skills" / "probe-skill"
    (probe / "scripts").mkdir(parents=True)
    (probe / "SKILL.md").write_text("---\nname: probe-skill\n---\n", encoding="utf-8")
    (probe / "scripts" / "playbook.py").write_text("", encoding="utf-8")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "made", "."]
    build = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert build.returncode == 0, build.stdout + build.stderr
    (path,) = (tree / "made").iterdir()
    return path


@pytest.fixture(scope="module")
def wheel(wheel_file):
    """Return the names inside."""
    with zipfile.ZipFile(wheel_file) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_wheel_holds_the_skills(wheel):
    files = [p for p in (ROOT / "skills").rglob("*") if p.is_file() and p.suffix != ".pyc"]
    expected = {f"workbench/_skills/{p.relative_to(ROOT / 'skills').as_posix()}" for p in files}
    expected |= {f"workbench/_skills/probe-skill/{p}" for p in ("SKILL.md", "scripts/playbook.py")}
    assert expected <= wheel


@pytest.mark.slow
def test_wheel_holds_code_and_templates(wheel):
    package = ROOT / "workbench"
    wanted = DATA_SUFFIXES | {".py", ".typed"}
    files = [p for p in package.rglob("*") if p.suffix in wanted and p.is_file()]
    assert {p.relative_to(ROOT).as_posix() for p in files} <= wheel


@pytest.mark.slow
def test_lab_can_be_opened_from_a_wheel(wheel_file, tmp_path):
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel_file) as archive:
        archive.extractall(installed)
        size = sum(info.compress_size for info in archive.infolist())
    assert size < 12e6
    script = (
        "import sys, workbench\nfrom pathlib import Path\nfrom workbench.cli.lab import prepare\n"
        "assert workbench.__file__.startswith(sys.argv[1]), workbench.__file__\n"
        "prepare(Path('lab'))\n"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "JUPYTER_DATA_DIR": str(tmp_path / "jupyter"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-c", script, str(installed)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "lab" / "00_start_here.ipynb").is_file()
    own = demo_case(ROOT / "datasets" / "feed", tmp_path / "own")
    told = (tmp_path / "lab" / "demo" / "case.json").read_text(encoding="utf-8")
    assert told == (own / "case.json").read_text(encoding="utf-8")  # ids of commits too
    assert not list(installed.rglob("truth.json"))


@pytest.mark.slow
def test_wheel_has_one_top_level_module(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"workbench"}
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
