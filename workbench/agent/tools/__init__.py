"""The tools of the agent: each does one thing, reads only, and answers in under 8 kB."""

from workbench.agent.tools.toolset import TOOLS, build_tools

__all__ = ["TOOLS", "build_tools"]
