"""Whether a change explains what grew: the calls that lead to it, followed upward.

What costs more by itself is a leaf. From there to where requests come in, each caller is a place
that may have begun to call more. A commit explains the growth of a leaf when it writes new lines in
it, or when, somewhere on the way, a function that it touches speaks anew of the one below. A
setting explains what lies below code that reads it; a package what lies below its own functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from workbench.agent.playbook.diff import Diff, defined


class Explained(NamedTuple):
    """How much of the growth a change explains."""

    fraction: float
    """Of the growth of all leaves that is followed, 0 to 1."""
    claim: str = ""
    """What explains the most of it, in a sentence that the change's reply supports; may be empty.
    """


_INNER = re.compile(r"\.?<(?:locals|genexpr|lambda|\w*comp)>$")


def bare(subject: str) -> str:
    """Return the last name of a subject: `fetch` of `pkg.mod:Store.fetch`; of an expression within
    a function, that function's.
    """
    while (outer := _INNER.sub("", subject)) != subject:
        subject = outer
    return re.split(r"[.:/]", subject)[-1]


def explain(
    paths: Sequence[Mapping[str, Any]], diff: Diff, key: str, functions: Sequence[str]
) -> Explained:
    """Return how much of the growth along some paths a change explains.

    Parameters
    ----------
    paths : sequence of mapping
        As triage tells them: `function`, `before`, `after`, and its `callers` upward.
    diff : Diff
        Of a commit; empty for other changes.
    key : str
        Of a flag, setting, experiment or package; empty for a commit.
    functions : sequence of str
        Subjects that the change touched or that read it.
    """
    total = sum(path["after"] - path["before"] for path in paths)
    reasons = {
        path["function"]: next(
            _reasons([path["function"], *path["callers"]], diff, key, functions), None
        )
        for path in paths
    }
    for path in paths:
        if not key and not _is_begun(path, diff):
            reasons[path["function"]] = None
    called_more = {path["function"] for path in paths if _multiplied(path)} - {
        name for name, reason in reasons.items() if reason
    }
    found = [
        (weight * (path["after"] - path["before"]), claim)
        for path in paths
        if (reason := reasons[path["function"]]) and called_more.isdisjoint(path["callers"])
        for weight, claim in [reason]
    ]
    if not found or total <= 0:
        return Explained(0.0)
    return Explained(sum(growth for growth, _ in found) / total, max(found)[1])


def _is_begun(path: Mapping[str, Any], diff: Diff) -> bool:
    """Tell whether a change may have begun what cost nothing before: it calls it, or made it."""
    first = path.get("began", "")
    chain = [path["function"], *path["callers"]]
    if first not in chain[:-1]:
        return True
    callee, caller = bare(first), bare(chain[chain.index(first) + 1])
    is_its_own = callee in diff.made or callee in diff.renamed or callee == caller
    return (
        is_its_own
        or diff.speaks_otherwise(callee, caller)
        or any(edit.text.startswith("@") for edit in diff.new)
    )


_CALLED_MORE = 1.5


def _multiplied(path: Mapping[str, Any]) -> bool:
    """Tell whether a function costs a multiple of what it did, so that it may be called more often:
    what it calls grew with it then.
    """
    return bool(0 < _CALLED_MORE * path["before"] <= path["after"])


def is_about(key: str, paths: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a setting's name has a word in common with what grew, or what calls that."""
    asked = {word for word in words_in(key) if word not in _GENERAL}
    names = {
        word
        for path in paths
        for name in (path["function"], *path["callers"])
        for word in words_in(name)
    }
    return any(name.startswith(word[:_STEM]) for word in asked if len(word) > 2 for name in names)


_STEM = 5
"""Letters by which two words are the same one."""
_GENERAL = frozenset(
    "size max min limit rate count per second seconds ms timeout ttl capacity enabled enable on "
    "off use number new old percent level default config setting flag cache".split()
)


def words_in(name: str) -> list[str]:
    """Return the words of a name, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def new_calls(paths: Sequence[Mapping[str, Any]], diff: Diff) -> list[tuple[str, str, float]]:
    """Return (caller, callee, part of the growth) of calls that a diff begins, one a path."""
    total = sum(path["after"] - path["before"] for path in paths)
    found = []
    for path in paths:
        edge = next(_begun([path["function"], *path["callers"]], diff), None)
        if edge:
            found.append((*edge, (path["after"] - path["before"]) / total))
    return found


def _begun(chain: Sequence[str], diff: Diff) -> Iterator[tuple[str, str]]:
    """Yield (caller, callee) of the calls in a chain that a diff begins; what a function that the
    diff made calls has to explain it.
    """
    for callee, caller in pairwise(map(bare, chain)):
        is_named = len(callee) > 1 and caller != callee and callee not in diff.made
        if is_named and diff.says_anew(callee, caller):
            yield caller, callee


_OTHERWISE = 0.3
"""How much it counts that a call is made with other arguments: that is often, but need not be, why
what is called costs more."""


_NEARBY = 0.3
"""How much it counts that a constant of the same module is another."""
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*(?::[^=]+)? *=|const\b|static\b|var\b|let\b")


def _is_module(path: str, module: str) -> bool:
    return bool(module) and path.rpartition(".")[0].replace("/", ".").endswith(module)


def _reasons(
    chain: Sequence[str], diff: Diff, key: str, functions: Sequence[str]
) -> Iterator[tuple[float, str]]:
    """Yield (weight, claim) of what explains that the first of a chain of callers grew."""
    if key:
        package = re.compile(
            rf"(?:^|[./]){re.escape(re.sub(r'[-.]', '_', key))}[.:/]", re.IGNORECASE
        )
        if {*functions} & {*chain} or any(package.search(name) for name in chain):
            yield 1.0, ""
        return
    leaf = bare(chain[0])
    for edit in diff.new:
        if edit.function == leaf and not defined(edit.text):
            yield 1.0, f"The change writes in {leaf}: {quote(edit.text)}"
            return
    names = {part for name in chain for part in re.split(r"[.:/]", name)}
    for edit in diff.new:
        if edit.text.startswith("@") and names & {*re.findall(r"\w+", edit.text)}:
            yield 1.0, f"The change wraps a function: {quote(edit.text)}"
            return
    for caller, callee in _begun(chain, diff):
        yield 1.0, f"The change makes `{caller}` speak of `{callee}`"
    module = chain[0].partition(":")[0]
    for edit in diff.new:
        if not edit.function and _CONSTANT.match(edit.text) and _is_module(edit.path, module):
            yield _NEARBY, f"The change alters what {leaf} may use: {quote(edit.text)}"
            return
    for callee, caller in pairwise(map(bare, chain)):
        if len(callee) > 1 and diff.speaks_otherwise(callee, caller):
            yield _OTHERWISE, f"The change makes `{caller}` call `{callee}` in another way"


def quote(line: str, most: int = 120) -> str:
    """Return a line as a claim quotes it, so that it is found in the reply it is from."""
    text = line.strip().partition("`")[0][:most].strip()
    return f"`{text}`"
