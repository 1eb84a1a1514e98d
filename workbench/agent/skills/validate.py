"""What is wrong with a skill, all of it at once."""

from __future__ import annotations

import inspect
from pathlib import Path

from workbench.agent.skills.load import SIDES, load_skill
from workbench.agent.skills.questions import PLACE
from workbench.agent.tools import TOOL_NAMES
from workbench.errors import SkillError

MOST_LINES = 500
_WANTED = ("category", "mitigation")


def find_faults(folder: Path) -> list[str]:
    """Return what a skill's folder has that it should not, or lacks, each in a sentence.

    The front matter follows the Agent Skills format; besides, tools are ones there are, the
    metadata has what the workbench reports by, there are questions to select it by, and the
    playbook can be run. Running it is trust.
    """
    try:
        skill = load_skill(folder)
    except SkillError as error:
        return [str(error)]
    from workbench.types import MITIGATIONS  # with pandas, which a server of tools can do without

    path = folder / "SKILL.md"
    faults = []
    unknown = sorted((skill.allowed_tools or frozenset()) - {*TOOL_NAMES})
    if unknown:
        known = ", ".join(TOOL_NAMES)
        faults.append(f"allowed-tools: no tool {', '.join(unknown)}; there are {known}")
    faults += [f"metadata: expected {name}" for name in _WANTED if not skill.metadata.get(name)]
    if skill.side not in SIDES:
        faults.append(f"metadata.side: expected {' or '.join(SIDES)}, got {skill.side!r}")
    mitigation = skill.metadata.get("mitigation", "")
    if mitigation and mitigation not in MITIGATIONS:
        faults.append(f"metadata.mitigation: {mitigation!r} is none of {', '.join(MITIGATIONS)}")
    if (n_lines := skill.body.count("\n") + 1) > MOST_LINES:
        faults.append(
            f"body: {n_lines} lines, expected at most {MOST_LINES}: move some to references/"
        )
    if not skill.body:
        faults.append("body: expected instructions, found none")
    if not inspect.isgeneratorfunction(skill.investigate):
        faults.append(
            "playbook: investigate(facts) is expected to be a generator that yields calls"
        )
    try:
        fits = skill.relevance({})
    except Exception as error:  # whatever the author's code raises
        faults.append(f"playbook: relevance({{}}) raises {type(error).__name__}: {error}")
    else:
        if not isinstance(fits, int | float) or not 0 <= fits <= 1:
            faults.append(f"playbook: relevance({{}}) is {fits!r}, expected a number from 0 to 1")
    told = {question.should_trigger for question in skill.questions}
    if told != {True, False}:
        faults.append(f"{PLACE}: expected questions that ask for it, and near misses that do not")
    return [f"{path}: {fault}" for fault in faults]
