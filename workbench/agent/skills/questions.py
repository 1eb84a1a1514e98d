"""The questions by which a skill is known: `evals/triggers.json`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from workbench.errors import SkillError

PLACE = Path("evals") / "triggers.json"


class TriggerQuestion(BaseModel):
    """A question, and whether the skill is for it.

    Where not, it shares the skill's words and is another job, unless a skill beside it is for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str = Field(min_length=1, max_length=2000)
    should_trigger: bool


_LIST = TypeAdapter(tuple[TriggerQuestion, ...])


def read_trigger_questions(skill: Path) -> tuple[TriggerQuestion, ...]:
    """Read the questions of a skill's folder, none where it has no file of them.

    SkillError where the file is not a list of `query` and `should_trigger`.
    """
    path = skill / PLACE
    if not path.is_file():
        return ()
    try:
        return _LIST.validate_json(path.read_bytes())
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, ("$", *fault["loc"])))
        seen = repr(fault["input"])[:80]
        raise SkillError(f"{path}: {place}: {fault['msg']}, got {seen}") from error
