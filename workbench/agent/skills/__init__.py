"""Skills: folders in the Agent Skills format, with a playbook for the model-free default."""

from workbench.agent.skills.load import (
    FrontMatter,
    Skill,
    load_skill,
    load_skills,
    read_skill_text,
    skill_folders,
    skills_folder,
)
from workbench.agent.skills.match import match_skills
from workbench.agent.skills.scaffold import new_skill
from workbench.agent.skills.validate import find_faults

__all__ = [
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
]
