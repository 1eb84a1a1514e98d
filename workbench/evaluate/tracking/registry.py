"""What MLflow keeps beside runs: the bank of cases, sets of skills, and the text of each skill."""

from __future__ import annotations

import re
from typing import Any

from workbench.evaluate.tracking.records import DatasetRecord, SkillText, VariantRecord

_KEY = "workbench.key"


def register_dataset(mlflow: Any, told: DatasetRecord, experiment_id: str) -> None:
    """Register the cases of an evaluation, where they are not yet."""
    datasets = mlflow.genai.datasets
    known = datasets.search_datasets(
        experiment_ids=[experiment_id], filter_string=f"name = '{told.name}'"
    )
    dataset = known[0] if known else datasets.create_dataset(
        name=told.name, experiment_id=experiment_id, tags={"content_hash": told.content_hash}
    )  # fmt: skip
    dataset.merge_records([dict(row) for row in told.rows])  # those that are there stay as they are


def link_dataset(mlflow: Any, told: DatasetRecord, run_id: str) -> None:
    """Say of a run which cases it was on."""
    entities = mlflow.entities
    dataset = entities.Dataset(
        told.name, told.content_hash, "case bank", "{}", profile=f'{{"cases": {len(told.rows)}}}'
    )
    known = mlflow.MlflowClient().get_run(run_id).inputs.dataset_inputs
    if not any(one.dataset.digest == told.content_hash for one in known):
        mlflow.MlflowClient().log_inputs(run_id, [entities.DatasetInput(dataset)])


def register_variant(mlflow: Any, told: VariantRecord, experiment_id: str, run_id: str) -> str:
    """Return the id of the logged model of a variant, made where there is none of its content."""
    client = mlflow.MlflowClient()
    key = f"{told.name}/{told.model}/{told.content_hash}"
    for skill in told.skills:
        _register_skill(mlflow, skill, f"variant-{_plain(told.name)}")
    found = client.search_logged_models([experiment_id], filter_string=f"tags.`{_KEY}` = '{key}'")
    if found:
        return str(found[0].model_id)
    params = {
        "variant": told.name, "model": told.model, "skills_hash": told.content_hash,
        "revision": told.revision, "n_skills": str(len(told.skills)),
    }  # fmt: skip
    made = client.create_logged_model(
        experiment_id, name=_plain(f"{told.name}-{told.model}"), source_run_id=run_id,
        tags={_KEY: key}, params=params, model_type="skills",
    )  # fmt: skip
    client.finalize_logged_model(made.model_id, mlflow.entities.LoggedModelStatus.READY)
    return str(made.model_id)


def _register_skill(mlflow: Any, skill: SkillText, alias: str) -> None:
    """Keep the text of a skill as a version of its prompt, and let the variant's name point to it.

    Which version a text is, is a tag of the prompt: what is there already is not made again.
    """
    client = mlflow.MlflowClient()
    name = f"skill-{skill.name}"
    known = client.get_prompt(name)
    tag = f"version.{skill.content_hash[:16]}"
    version = (known.tags or {}).get(tag) if known is not None else None
    if version is None:
        made = mlflow.genai.register_prompt(
            name=name, template=skill.text, commit_message=f"content {skill.content_hash[:16]}",
            tags={"content_hash": skill.content_hash},
        )  # fmt: skip
        version = str(made.version)
        client.set_prompt_tag(name, tag, version)
    mlflow.genai.set_prompt_alias(name, alias=alias, version=int(version))


def _plain(name: str) -> str:
    """Return a name without what MLflow does not take in one."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)
