"""The list of tools, and how each becomes one that a chat model can call."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from inspect import Parameter, cleandoc, get_annotations, signature
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import create_model

from workbench.agent.investigation import Investigation
from workbench.agent.tools.brief import clip
from workbench.agent.tools.changes import get_change, rank_changes
from workbench.agent.tools.code import read_document, search_code
from workbench.agent.tools.profile import query_profile
from workbench.errors import WorkbenchError

TOOLS: tuple[Callable[..., dict[str, Any]], ...] = (
    query_profile,
    rank_changes,
    get_change,
    search_code,
    read_document,
)
"""Every tool; the first argument is the investigation, the docstring is what the model reads."""

MAX_REPLY_BYTES = 8000
MAX_ERROR_BYTES = 700


def build_tools(investigation: Investigation) -> list[BaseTool]:
    """Bind every tool to one investigation."""
    return [_bind(tool, investigation) for tool in TOOLS]


def _bind(tool: Callable[..., dict[str, Any]], investigation: Investigation) -> BaseTool:
    @functools.wraps(tool)
    def run(**arguments: Any) -> str:
        try:
            reply = json.dumps(tool(investigation, **arguments), ensure_ascii=False)
        except WorkbenchError as error:
            raise ToolException(clip(str(error), MAX_ERROR_BYTES)) from error
        if len(reply.encode("utf-8", "replace")) > MAX_REPLY_BYTES:
            raise ToolException(f"the reply is over {MAX_REPLY_BYTES} bytes: ask for less")
        return reply

    return StructuredTool.from_function(
        run,
        name=tool.__name__,
        description=cleandoc(tool.__doc__ or ""),
        args_schema=_schema(tool),
        handle_tool_error=True,
        handle_validation_error=_complain,
    )


def _complain(error: Any) -> str:
    """Say in one line what is wrong with the arguments of a call (a pydantic error)."""
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return clip("; ".join(faults), MAX_ERROR_BYTES)


def _schema(tool: Callable[..., Any]) -> type:
    """Return the pydantic model of a tool's arguments, without the investigation."""
    hints = get_annotations(tool, eval_str=True)
    fields = {
        name: (hints[name], ... if p.default is Parameter.empty else p.default)
        for name, p in signature(tool).parameters.items()
        if name != "investigation"
    }
    return create_model(tool.__name__, **fields)  # type: ignore[call-overload, no-any-return]
