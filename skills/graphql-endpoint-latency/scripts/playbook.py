"""Playbook of the skill graphql-endpoint-latency."""

import re

from workbench.agent.playbook import (
    HINT,
    LIKELY,
    added_line,
    call,
    carries,
    cite,
    fit,
    follow,
    grown,
    name_of,
)

GRAPHQL = re.compile(
    r"graphql|(?:^|[./_])gql|(?:^|[./])resolvers?[.:/]|resolve_field|complete_value|execute_fields|"
    r"selection_?set|data_?loader",
    re.IGNORECASE,
)
"""What only a service of GraphQL has, in modules and functions."""
RESOLVES = re.compile(
    r"resolv|\bfield|selection|fragment|@\w*(?:query|mutation|node)", re.IGNORECASE
)
LEAST_GROWTH = 0.02


def signs(suspect, scene):
    """A change to what resolves or validates, where that has grown."""
    carried = [*carries(suspect, scene, GRAPHQL, HINT)]
    if not carried and not any(map(GRAPHQL.search, suspect.diff.paths)):
        return []
    seen = [*carried, *added_line(suspect, RESOLVES, LIKELY, "resolves or selects more")]
    return [*seen, *grown(scene, GRAPHQL, HINT)]


def relevance(facts):
    """Fits where resolvers grew, and more so where one endpoint has most of the growth."""
    known = any(row.get("before") for row in facts.get("endpoints", []))
    return fit(facts, signs) * (1.0 if known else 0.8)


def investigate(facts):
    """Consult the endpoints first: where growth is, and whether each request costs more."""
    regression_id = facts.get("regression_id", "")
    traffic = yield call("top_endpoints", regression_id=regression_id)
    return (
        yield from follow(
            facts,
            signs,
            category="GraphQL endpoint latency",
            mitigation="revert",
            tell=lambda suspect: f"Requests cost more in {name_of(suspect)} since {suspect.id}.",
            before=list(_dearer(traffic)),
        )
    )


def _dearer(traffic):
    """Cite the endpoint whose requests grew dearest."""
    rows = [
        (row["now"]["cpu_ms"] / row["before"]["cpu_ms"] - 1, row)
        for row in traffic.get("endpoints", [])
        if row.get("before") and row["before"].get("cpu_ms") and row["now"].get("cpu_ms")
    ]
    growth, row = max(rows, key=lambda pair: pair[0], default=(0.0, None))
    if row and growth > LEAST_GROWTH:
        before, now = row["before"]["cpu_ms"], row["now"]["cpu_ms"]
        claim = f"A request to `{row['endpoint']}` went from {before:.4g} to {now:.4g} CPU ms"
        yield cite(traffic, claim)
