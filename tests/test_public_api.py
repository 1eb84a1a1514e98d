"""What users may import; a change here is a change for them."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import workbench

PUBLIC = {
    "workbench": [],
    "workbench.agent": [
        "Budget",
        "Cassette",
        "Investigation",
        "PlaybookChatModel",
        "Run",
        "SavedInvestigations",
        "ScriptedModel",
        "Skill",
        "Trajectory",
        "Workspace",
        "build_graph",
        "build_tools",
        "investigate",
        "load_skill",
        "load_skills",
        "make_model",
        "match_skills",
        "to_diagnosis",
    ],
    "workbench.agent.models": [
        "SKILL_MARK",
        "Cassette",
        "PlaybookChatModel",
        "ScriptedModel",
        "ask",
        "blamed_on",
        "first_line",
        "make_model",
        "read_facts",
        "with_own_ids",
    ],
    "workbench.agent.nodes": [
        "ask_model",
        "begin_opinion",
        "diagnose",
        "form_hypothesis",
        "ground",
        "hand_over",
        "is_settled",
        "pending_calls",
        "review",
        "select_skills",
        "triage",
        "use_tool",
    ],
    "workbench.agent.playbook": [
        "CLEAR",
        "ENOUGH",
        "HINT",
        "LIKELY",
        "MOST_ODDS",
        "MOST_PAGES",
        "MOST_READ",
        "MOST_ROWS",
        "UNLIKELY",
        "WORTH_READING",
        "Call",
        "Diff",
        "Edit",
        "EvidenceItem",
        "Fit",
        "Playbook",
        "Reply",
        "ReportDiagnosis",
        "Scene",
        "Sign",
        "Suspect",
        "Weighed",
        "abstain",
        "added_line",
        "bare",
        "call",
        "carries",
        "cite",
        "conclude",
        "fit",
        "follow",
        "grown",
        "growth_of_setting",
        "levels",
        "mechanism",
        "name_of",
        "quote",
        "read_diff",
        "removed_line",
        "setting",
        "weaken",
        "weigh",
    ],
    "workbench.agent.prompts": [],
    "workbench.agent.skills": [
        "FrontMatter",
        "Skill",
        "find_faults",
        "load_skill",
        "load_skills",
        "match_skills",
        "new_skill",
        "read_skill_text",
        "skill_folders",
        "skills_folder",
    ],
    "workbench.agent.tools": ["TOOLS", "TOOL_NAMES", "build_tools", "call_tool", "complain"],
    "workbench.attribute": [
        "Clues",
        "Code",
        "CodeHistory",
        "CodeMap",
        "Definition",
        "Growth",
        "Sources",
        "Weights",
        "arm_costs",
        "find_renames",
        "line_growth",
        "measure_growth",
        "rank_changes",
        "recorded_changes",
        "within",
    ],
    "workbench.attribute.code": ["CodeHistory", "CodeMap", "Definition"],
    "workbench.board": ["Board", "source_of"],
    "workbench.cli": ["cli", "main"],
    "workbench.detect": [
        "Background",
        "DetectConfig",
        "Detector",
        "change_points",
        "detect",
        "find_background",
    ],
    "workbench.detect.noise": [],
    "workbench.detect.stages": [],
    "workbench.evaluate": [
        "build_case",
        "load_recorded",
        "load_spec",
        "load_truth",
        "materialise",
        "score",
        "track",
        "tracking_uri",
    ],
    "workbench.evaluate.cases": [
        "CaseSpec",
        "RecordedCase",
        "Timeline",
        "TimelineTruth",
        "Truth",
        "build_case",
        "cache_folder",
        "cut_timeline",
        "demo_case",
        "load_recorded",
        "load_spec",
        "load_timeline",
        "load_timeline_truth",
        "load_truth",
        "materialise",
        "materialise_timeline",
    ],
    "workbench.evaluate.bank": ["SPLIT", "BankCase", "CaseBank", "OpenedCase"],
    "workbench.evaluate.shifts": ["KINDS", "open_shift", "open_shifts"],
    "workbench.history": [
        "MODULE",
        "BlamedLine",
        "Blob",
        "Commit",
        "FileWeave",
        "Hunk",
        "Piece",
        "Repository",
        "Span",
        "WovenLine",
        "cut",
        "enclosing_function",
        "function_spans",
        "line_functions",
        "parses",
        "run_git",
        "split_lines",
        "statement_starts",
        "weave_files",
    ],
    "workbench.ingest": ["FORMATS", "Format", "read"],
    "workbench.ingest.series": [
        "COLUMNS",
        "SERIES_FORMATS",
        "SeriesFormat",
        "fetch_prometheus",
        "open_series",
        "prefers_parts",
        "query_prometheus",
        "read_series",
    ],
    "workbench.patch": ["Run", "cost_of_round", "find_fix", "reproduce", "run_workload"],
    "workbench.profile": [
        "CallGraph",
        "CallTree",
        "Function",
        "Profile",
        "ProfileBuilder",
        "Tree",
        "ValueType",
    ],
    "workbench.report": [
        "interactive",
        "plot_evidence",
        "plot_explanation",
        "plot_flame",
        "plot_funnel",
        "plot_many",
        "plot_regressions",
        "plot_series",
        "plot_steps",
        "plot_suspects",
        "plot_verification",
        "render_report",
        "render_svg",
    ],
    "workbench.signals": [
        "depths",
        "function_series",
        "incidence",
        "quiet_windows",
        "stack_costs",
        "stacks",
        "window_costs",
    ],
    "workbench.store": ["Store", "WindowProfile", "find_table"],
    "workbench.simulate": [
        "CauseCase",
        "Fleet",
        "FleetConfig",
        "Judged",
        "Noise",
        "SimulatedSeries",
        "judge_reports",
        "simulate_cause",
        "simulate_fleet",
        "simulate_series",
    ],
    "workbench.types": [
        "MITIGATIONS",
        "SERVICE",
        "BoolArray",
        "Case",
        "Change",
        "Detection",
        "Diagnosis",
        "Evidence",
        "Explanation",
        "Feature",
        "Fix",
        "FloatArray",
        "Function",
        "IntArray",
        "Outcome",
        "Patch",
        "Profile",
        "Ranking",
        "Recording",
        "Records",
        "Regression",
        "Reproduction",
        "SeriesMatrix",
        "SeriesParts",
        "Signals",
        "Stacks",
        "Step",
        "Suspect",
        "TrackRecord",
        "ValueType",
        "Verification",
        "Workload",
        "quiet_cost",
        "read_signals",
    ],
    "workbench.solver": [
        "CASE_FILE",
        "SolveOptions",
        "investigations_file",
        "kept_steps",
        "open_case",
        "open_investigation",
        "resume",
        "solve",
        "to_json",
    ],
    "workbench.views": [
        "Flame",
        "SeriesSet",
        "Source",
        "diff_flame",
        "flame_of",
        "recording_flame",
        "series_set_of",
    ],
    "workbench.magics": ["PROFILERS", "Profiler", "Recorded", "WorkbenchMagics", "choose_profiler"],
    "workbench.widgets": [
        "AgentView",
        "Cancelled",
        "ExperimentBoard",
        "FixCard",
        "FlameGraph",
        "ProgressBar",
        "RegressionBoard",
        "SeriesExplorer",
        "SkillStudio",
        "SourceLines",
        "SuspectTable",
        "Task",
        "TaskView",
    ],
}
DEFINED = {
    "workbench.errors": [
        "CaseError",
        "HistoryError",
        "ModelError",
        "ParseError",
        "PatchError",
        "ProfileError",
        "SignalError",
        "SkillError",
        "StoreError",
        "ToolError",
        "WorkbenchError",
    ],
    "workbench.compiled": ["Loops"],
    "workbench.intake": ["Labels", "Tally", "add_files", "expand", "take_in", "watch"],
    "workbench.studio": ["open_studio"],
}
"""Modules that are public as a whole."""


@pytest.mark.parametrize("package", PUBLIC)
def test_a_package_offers_these_names(package):
    module = importlib.import_module(package)
    assert sorted(getattr(module, "__all__", [])) == sorted(PUBLIC[package])
    assert all(hasattr(module, name) for name in PUBLIC[package])


def test_every_package_is_in_the_table():
    found = {m.name for m in pkgutil.walk_packages(workbench.__path__, "workbench.") if m.ispkg}
    assert found | {"workbench"} == set(PUBLIC)


@pytest.mark.parametrize("name", DEFINED)
def test_a_module_defines_these_names(name):
    module = importlib.import_module(name)
    defined = [
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", "") == name
    ]
    assert sorted(defined) == DEFINED[name]


def test_every_error_is_a_workbench_error():
    errors = importlib.import_module("workbench.errors")
    for name in DEFINED["workbench.errors"]:
        assert issubclass(getattr(errors, name), errors.WorkbenchError)
        assert name in errors.__doc__


def test_types_import_alone():
    """The nouns are cheap: no engine, no agent, no tracker comes with them."""
    code = (
        "import sys, workbench.types, workbench.errors\n"
        "heavy = ('duckdb', 'langgraph', 'mlflow', 'matplotlib', 'ruptures', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
