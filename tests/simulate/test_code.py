import ast
import re
from functools import cache
from itertools import pairwise

import pytest

from workbench.history import MODULE, function_spans, line_functions
from workbench.simulate import simulate_cause as draw
from workbench.simulate.commits import (
    can_be_written,
    drawn_of,
    plan_commits,
    settings_of,
)
from workbench.simulate.revisions import earlier_revisions, later_revisions, with_times
from workbench.simulate.writing import write_code
from workbench.types import Function

SEEDS = range(7_000_000, 7_000_030)
each_seed = pytest.mark.parametrize("seed", range(7_000_000, 7_000_005))
simulate_cause = cache(draw)
HAD_CALL = (7_000_004, 7_000_022, 7_000_056)
"""Of which a commit lets a call run that was written before."""


@cache
def written(seed):
    case = simulate_cause(seed)
    commits = with_times(plan_commits(case))
    return case, commits, write_code(case, commits, seed)


@cache
def writable():
    return [seed for seed in SEEDS if can_be_written(simulate_cause(seed))]


def texts(code, version):
    """Return the text of each function of a version, and of the rest of each file."""
    found = {}
    for path in (path for path in code.paths if path.endswith(".py")):
        found |= parts(path, code.render(path, version))
    return found


@cache
def parts(path, text):
    found = {}
    for line, name in zip(text.split("\n"), line_functions(text), strict=True):
        if name:
            found.setdefault(Function(name, path), []).append(line)
    return {function: "\n".join(lines) for function, lines in found.items()}


def calls(text, callee):
    return re.search(rf"\b{callee.name.rpartition('.')[2]}\(", text.partition(":\n")[2])


@each_seed
def test_every_version_of_every_file_parses(seed):
    _, commits, code = written(seed)
    for version in range(len(commits) + 1):
        for path in (path for path in code.paths if path.endswith(".py")):
            ast.parse(code.render(path, version))
    for path, text in code.scaffold().items():
        ast.parse(text, path)


@each_seed
def test_every_recorded_function_is_defined_where_it_was_recorded(seed):
    case, commits, code = written(seed)
    defined = {
        Function(span.name, path)
        for path in code.paths
        if path.endswith(".py")
        for span in function_spans(code.render(path, len(commits)))
    }
    own = {f for f in case.recording.functions if f.file.startswith("svc/")}
    assert own
    assert own <= defined
    assert not any(path.split("/")[0] in {"codec", "regexlib", "clone"} for path in code.paths)


@each_seed
def test_functions_call_what_the_stacks_say(seed):
    case, commits, code = written(seed)
    drawn, now = drawn_of(case), texts(code, len(commits))
    live = [i for i in range(len(drawn.after)) if drawn.after[i] > 0]
    pairs = {pair for i in live for pair in pairwise(case.recording.stack(i))}
    own = [(a, b) for a, b in pairs if a.file.startswith("svc/")]
    assert len(own) > 20
    assert [(a, b) for a, b in own if not calls(now[a], b)] == []


@each_seed
def test_before_all_commits_functions_call_what_the_stacks_said(seed):
    case, _, code = written(seed)
    drawn, base = drawn_of(case), texts(code, 0)
    live = [i for i in range(len(drawn.before)) if drawn.before[i] > 0]
    pairs = {pair for i in live for pair in pairwise(case.recording.stack(i))}
    own = [(a, b) for a, b in pairs if a.file.startswith("svc/")]
    assert [(a, b) for a, b in own if not calls(base[a], b)] == []


def test_each_commit_changes_the_functions_it_is_said_to_touch():
    for seed in writable()[:12]:
        _, commits, code = written(seed)
        before = texts(code, 0)
        for version, change in enumerate(commits, start=1):
            after = texts(code, version)
            changed = {f for f in before.keys() | after.keys() if before.get(f) != after.get(f)}
            functions = {f for f in changed if f.name != MODULE}
            if change.functions or change.kind == "dependency":
                assert functions == {*change.functions}
            else:  # what nobody saw run
                assert {f.file for f in functions} == {p for p in change.files if p[-3:] == ".py"}
            assert code.touched[version] == {*change.files}
            before = after


def test_what_is_not_known_is_in_no_commit():
    for seed in writable():
        case, commits, _ = written(seed)
        known = {change.id for change in case.changes}
        assert {change.id for change in commits} | settings_of(case).keys() == known


def test_a_call_that_somebody_unknown_began_was_there_before():
    seen = 0
    for seed in writable():
        case, commits, code = written(seed)
        drawn = drawn_of(case)
        if not case.culprits and drawn.new_call and drawn.new_call[0].file.startswith("svc/"):
            caller, callee = drawn.new_call
            seen += 1
            for version in (0, len(commits)):
                assert calls(texts(code, version)[caller], callee)
    assert seen >= 2


def test_a_call_that_a_commit_began_comes_with_it():
    began = 0
    for seed in writable():
        case, commits, code = written(seed)
        drawn = drawn_of(case)
        numbers = {change.id: n for n, change in enumerate(commits, start=1)}
        guilty = drawn.guilty
        if drawn.new_call is None or guilty is None or guilty.id not in numbers:
            continue
        caller, callee = drawn.new_call
        if drawn.had_call or caller not in guilty.functions or guilty.id not in case.culprits:
            continue
        version = numbers[guilty.id]
        sides = [texts(code, v)[caller] for v in (version - 1, version)]
        assert [bool(calls(text, callee)) for text in sides] == [False, True]
        began += 1
    assert began >= 2


def test_a_call_that_was_written_anew_is_so_when_stacks_show_it():
    seen = 0
    for seed in writable():
        case, commits, code = written(seed)
        drawn = drawn_of(case)
        numbers = {change.id: n for n, change in enumerate(commits, start=1)}
        for one in drawn.rerouted:
            version = numbers[one.change_id]
            assert commits[version - 1].window == drawn.at
            if one.is_through_new and one.caller.file.startswith("svc/"):
                (helper,) = one.after
                before, after = texts(code, version - 1), texts(code, version)
                assert helper not in before
                assert calls(before[one.caller], one.before)
                assert calls(after[one.caller], helper)
                assert calls(after[helper], one.before)
                seen += 1
    assert seen >= 3


def test_calls_that_became_more_are_often_put_into_a_loop():
    n_in_loop = n = 0
    for seed in writable():
        case, commits, code = written(seed)
        for version, change in enumerate(commits, start=1):
            if case.kind == "calls" and change.id in case.culprits and change.kind == "commit":
                caller = drawn_of(case).acted_on
                sides = [texts(code, v)[caller].split("\n") for v in (version - 1, version)]
                came = [line for line in sides[1] if line not in sides[0]]
                n_in_loop += any(line[:8].isspace() and "(item)" in line for line in came)
                n += 1
    assert n >= 2
    assert n_in_loop >= n / 2


def test_functions_read_the_settings_that_act_on_them():
    seen = 0
    for seed in writable():
        case, commits, code = written(seed)
        now = texts(code, len(commits))
        for change in settings_of(case).values():
            for function in (f for f in change.functions if f.file.startswith("svc/")):
                assert f'"{change.key}"' in now[function]
                seen += 1
    assert seen > 30


def test_the_guilty_one_is_not_the_last_more_often_than_others():
    last = total = 0
    for seed in writable():
        case, commits, _ = written(seed)
        mates = [c.id for c in commits if c.window == drawn_of(case).at]
        if len(mates) > 2 and not case.culprits.isdisjoint(mates):
            last += mates[-1] in case.culprits
            total += 1
    assert total >= 8
    assert last < total / 2


def test_commits_are_made_in_order_and_before_they_are_deployed():
    for seed in writable()[:10]:
        case, commits, _ = written(seed)
        times = case.recording.windows["at"]
        for before, after in pairwise(commits):
            assert (before.window, before.at) <= (after.window, after.at)
        assert all(change.at < times.iloc[change.window] for change in commits)


@each_seed
def test_the_same_seed_writes_the_same(seed):
    case, commits, code = written(seed)
    again = write_code(draw(seed), commits, seed)
    assert [*later_revisions(code, commits)] == [*later_revisions(again, commits)]
    assert earlier_revisions(case, code, seed) == earlier_revisions(case, again, seed)


@each_seed
def test_earlier_revisions_end_with_the_code_before_all_commits(seed):
    case, _, code = written(seed)
    found: dict[str, str] = {}
    known: dict[str, set[str]] = {}
    for revision in earlier_revisions(case, code, seed):
        assert revision.files
        assert all(found.get(path) != text for path, text in revision.files.items())
        found |= revision.files
        for path, text in revision.files.items():
            known.setdefault(path, set()).add(revision.author)
            if path.endswith(".py"):
                ast.parse(text)
    base = {path: code.render(path, 0) for path in code.paths}
    assert {path: found.get(path, "") for path in base} == base
    files = {path for of in case.authors.values() for path in of} & base.keys()
    for path in files:
        told = {author for author, of in case.authors.items() if path in of}
        assert known[path] <= told
        assert known[path] == told or len(told) > code.n_statements(path)


def test_a_call_that_waited_for_a_commit_stood_behind_a_condition():
    for seed in HAD_CALL:
        case, commits, code = written(seed)
        caller, callee = drawn_of(case).new_call
        (version,) = [n for n, change in enumerate(commits, start=1) if change.id in case.culprits]
        before, after = (texts(code, v)[caller] for v in (version - 1, version))
        assert calls(before, callee)
        assert calls(after, callee)
        gone = {*before.split("\n")} - {*after.split("\n")}
        assert any(line.strip().startswith("if ") and " is " in line for line in gone)


@pytest.mark.parametrize(
    ("seed", "reason"),
    [
        (7_000_013, "two functions of one name"),
        (7_000_031, "one call written anew twice"),
        (7_000_035, "calls written anew in steps"),
        (7_000_038, "a library calls the service"),
        (7_000_046, "what was acted on is in its caller"),
        (7_000_192, "calls written anew by somebody unknown"),
    ],
)
def test_what_code_cannot_show_is_left_out(seed, reason):
    case = simulate_cause(seed)
    drawn, functions = drawn_of(case), case.recording.functions
    moved = [(one.caller, one.before) for one in drawn.rerouted]
    inlined = {one.before for one in drawn.rerouted if not one.is_through_new}
    known = {change.id for change in case.changes}
    caller, callee = drawn.new_call or (None, None)
    reasons = {
        "two functions of one name": len({*functions}) < len(functions),
        "one call written anew twice": len({*moved}) < len(moved),
        "calls written anew in steps": bool(moved)
        and any(change.rollout for change in case.changes if change.id in case.culprits),
        "a library calls the service": caller is not None
        and not caller.file.startswith("svc/")
        and callee.file.startswith("svc/"),
        "what was acted on is in its caller": not inlined.isdisjoint({drawn.acted_on, caller}),
        "calls written anew by somebody unknown": any(
            one.change_id not in known for one in drawn.rerouted
        ),
    }
    assert [name for name, holds in reasons.items() if holds] == [reason]
    assert not can_be_written(case)


def test_most_cases_can_be_written():
    assert len(writable()) > 0.75 * len(SEEDS)
