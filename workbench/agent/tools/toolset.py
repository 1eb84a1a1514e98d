"""The list of tools, what each takes and gives, and how each becomes one that a model can call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from inspect import Parameter, cleandoc, signature
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from workbench.agent.tools.brief import clip
from workbench.agent.tools.capacity import capacity_cost
from workbench.agent.tools.cases import similar_cases
from workbench.agent.tools.changes import get_change, list_changes, rank_changes
from workbench.agent.tools.code import blame, find_symbol, read_code, search_code
from workbench.agent.tools.configuration import config_history, get_config_change
from workbench.agent.tools.documents import read_document, search_documents
from workbench.agent.tools.edits import propose_edit
from workbench.agent.tools.endpoints import top_endpoints
from workbench.agent.tools.experiments import get_experiment, list_experiments
from workbench.agent.tools.opportunities import (
    get_opportunity,
    list_opportunities,
    preview_edits,
)
from workbench.agent.tools.profile import callers, diff_profile, function_series, query_profile
from workbench.agent.tools.regressions import list_regressions
from workbench.errors import ToolError, WorkbenchError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from workbench.agent.investigation import Investigation

Tool = Callable[..., Mapping[str, Any]]

TOOLS: tuple[Tool, ...] = (
    list_regressions,
    query_profile,
    diff_profile,
    function_series,
    callers,
    top_endpoints,
    list_experiments,
    get_experiment,
    config_history,
    get_config_change,
    search_code,
    read_code,
    find_symbol,
    blame,
    search_documents,
    read_document,
    list_changes,
    get_change,
    rank_changes,
    capacity_cost,
    similar_cases,
    list_opportunities,
    get_opportunity,
    preview_edits,
    propose_edit,
)  # fmt: skip
"""Every tool; the first argument is the investigation, the docstring is what the model reads."""

TOOL_NAMES = tuple(tool.__name__ for tool in TOOLS)

MAX_REPLY_BYTES = 8000
MAX_ERROR_BYTES = 690


def run_tool(tool: Tool, investigation: Investigation, arguments: Mapping[str, Any]) -> str:
    """Return a tool's reply as JSON; ToolError, with a short message, for one it cannot give."""
    try:
        reply = json.dumps(tool(investigation, **arguments), ensure_ascii=False, allow_nan=False)
    except WorkbenchError as error:
        said = " ".join(str(error).split())
        raise ToolError(clip(said, MAX_ERROR_BYTES)) from error
    if len(reply.encode("utf-8", "replace")) > MAX_REPLY_BYTES:
        raise ToolError(f"the reply is over {MAX_REPLY_BYTES} bytes: ask for less")
    return reply


def call_tool(name: str, investigation: Investigation, arguments: Mapping[str, Any]) -> str:
    """Return what a tool, by its name, says to arguments as a model gives them, as JSON.

    ToolError, in one line, for no such tool, wrong arguments, or a reply that it cannot give.
    """
    tool = next((tool for tool in TOOLS if tool.__name__ == name), None)
    if tool is None:
        raise ToolError(f"no tool {clip(name, 80)!r}; there are {', '.join(TOOL_NAMES)}")
    try:
        checked = arguments_of(tool).model_validate(arguments)
    except ValidationError as error:
        raise ToolError(complain(error)) from error
    return run_tool(tool, investigation, dict(checked))


def describe(tool: Tool) -> str:
    """Return what is told of a tool."""
    return " ".join(cleandoc(tool.__doc__ or "").split())


def arguments_of(tool: Tool, **others: Any) -> type[BaseModel]:
    """Return the pydantic model of a tool's arguments, without the investigation.

    Parameters
    ----------
    **others
        Arguments of another make to take besides, as pydantic has fields.
    """
    hints = _hints(tool)
    fields: dict[str, Any] = {
        name: (hints[name], ... if p.default is Parameter.empty else p.default)
        for name, p in signature(tool).parameters.items()
        if name != "investigation"
    }
    config = ConfigDict(extra="forbid")
    return create_model(tool.__name__, __config__=config, **fields, **others)


def reply_schema(tool: Tool) -> dict[str, Any]:
    """Return the JSON schema of a tool's replies."""
    return untitled(TypeAdapter(_hints(tool)["return"]).json_schema())


def untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON schema without the titles that say what names say."""
    kept = {key: value for key, value in schema.items() if key != "title"}
    for key, value in kept.items():
        if key in ("properties", "$defs"):
            kept[key] = {name: untitled(part) for name, part in value.items()}
        elif isinstance(value, dict):
            kept[key] = untitled(value)
        elif isinstance(value, list):
            kept[key] = [untitled(part) if isinstance(part, dict) else part for part in value]
    return kept


def complain(error: ValidationError) -> str:
    """Say in one line what is wrong with the arguments of a call."""
    faults = [
        f"{clip('.'.join(map(str, fault['loc'])), 80)}: "
        f"{'no such argument' if fault['type'] == 'extra_forbidden' else fault['msg']}"
        for fault in error.errors()
    ]
    return clip("; ".join(faults), MAX_ERROR_BYTES)


def _hints(tool: Tool) -> dict[str, Any]:
    return get_type_hints(tool, localns={"Investigation": object}, include_extras=True)


def build_tools(investigation: Investigation) -> list[BaseTool]:
    """Bind every tool to one investigation."""
    return [_bind(tool, investigation) for tool in TOOLS]


def _bind(tool: Tool, investigation: Investigation) -> BaseTool:
    from langchain_core.tools import StructuredTool, ToolException

    def run(**arguments: Any) -> str:
        try:
            return run_tool(tool, investigation, arguments)
        except ToolError as error:
            raise ToolException(str(error)) from error

    return StructuredTool.from_function(
        run,
        name=tool.__name__,
        description=describe(tool),
        args_schema=arguments_of(tool),
        handle_tool_error=True,
        handle_validation_error=_complain,
    )


def _complain(error: Any) -> str:
    return complain(error)
