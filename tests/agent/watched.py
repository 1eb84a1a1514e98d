"""Run every tool and one investigation, and tell what the interpreter did: python watched.py STORE REPO.

Started as a process of its own, as an audit hook stays for good.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from workbench.agent import Workspace, investigate, load_skills, make_model
from workbench.agent.tools import TOOL_NAMES, call_tool
from workbench.solver import find_opportunities
from workbench.types import Opportunity

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link", "os.truncate",
    "os.chmod", "os.chown", "os.utime", "os.setxattr", "os.removexattr", "os.mkfifo", "os.mknod",
}  # fmt: skip
ACTS = {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork",
        "os.forkpty", "pty.spawn", "os.chdir"}  # fmt: skip


MADE = Opportunity("0" * 12, "shop", "shop.app:total", "shop/app.py", 9, 12, "invariant_call",
                   "Count before the loop", 0.04, mitigation="hoist")  # fmt: skip


def main(store: str, repository: str) -> None:
    told: dict[str, list] = {"written": [], "started": [], "others": [], "run": []}

    def watch(event: str, args: tuple) -> None:
        if event == "open":
            path, mode, flags = args
            is_new = not isinstance(path, int)  # what is open already was seen when it was opened
            if is_new and isinstance(flags, int) and flags & WRITES:
                told["written"].append(str(path))
        elif event in CHANGES or event.startswith("shutil."):
            told["written"].append(str(args[0]))
        elif event == "subprocess.Popen":
            told["started"].append([os.fsdecode(word) for word in args[1]])
        elif event in ACTS or event.split(".")[0] in ("socket", "urllib", "http", "ftplib"):
            told["others"].append([event, repr(args)[:200]])
        elif event == "exec" and args:
            told["run"].append(getattr(args[0], "co_filename", ""))
        elif event == "import" and args[1]:
            told["run"].append(str(args[1]))
        elif event == "ctypes.dlopen":
            told["run"].append(str(args[0]))

    sys.addaudithook(watch)
    seen = Workspace(
        Path(store), Path(repository),
        find_opportunities=lambda *told: [MADE, *find_opportunities(*told)],
    ).investigation()  # fmt: skip
    found = seen.detection.found[0].id
    change = seen.commits[6].id
    arguments = {
        "diff_profile": {"regression_id": found, "function": "shop.app:total"},
        "function_series": {"function": "shop.app:total"},
        "callers": {"function": "shop.app:total"},
        "top_endpoints": {"regression_id": found},
        "get_experiment": {"experiment_id": "EXP-1"},
        "get_config_change": {"change_id": "FLG-2"},
        "search_code": {"pattern": "def t.*l"},
        "read_code": {"path": "shop/app.py"},
        "find_symbol": {"name": "total"},
        "blame": {"path": "shop/app.py"},
        "search_documents": {"query": "totals"},
        "read_document": {"path": "docs/totals.md"},
        "list_changes": {"regression_id": found},
        "get_change": {"change_id": change},
        "rank_changes": {"regression_id": found},
        "capacity_cost": {"regression_id": found},
        "similar_cases": {"regression_id": found},
        "get_opportunity": {"opportunity_id": MADE.id},
        "preview_edits": {"opportunity_id": MADE.id},
        "propose_edit": {
            "path": "shop/app.py", "before": "def total(", "after": "def sum_of(", "summary": "Rename",
        },
    }  # fmt: skip
    replies = {name: call_tool(name, seen, arguments.get(name, {})) for name in TOOL_NAMES}
    skills = {skill.name: skill for skill in load_skills(side="defense")}
    diagnosis = investigate(seen, found, make_model("playbook", skills), skills).diagnosis
    told_of = {"replies": len(replies), "accused": diagnosis.change_id, "culprit": change}
    loaded = [str(getattr(module, "__file__", "")) for module in [*sys.modules.values()]]
    print(json.dumps(told | told_of | {"loaded": loaded, "temporary": tempfile.gettempdir()}))


main(*sys.argv[1:])
