"""The tools of the agent: each does one thing, reads only, and answers in under 8 kB."""

from workbench.agent.tools.toolset import TOOL_NAMES, TOOLS, build_tools, call_tool, complain

__all__ = ["TOOLS", "TOOL_NAMES", "build_tools", "call_tool", "complain"]
