import json, time
from workbench.agent.workspace import Workspace
from workbench.agent.tools import TOOLS
from workbench.agent.tools.toolset import run_tool
def test_all(shelf):
    t=time.time(); w=Workspace(shelf["store"], shelf["repo"]); inv=w.investigation(); print("open", time.time()-t)
    rid=inv.detection.found[0].id
    args={"diff_profile":{"regression_id":rid},"function_series":{"function":"shop.app:total","limit":5},"callers":{"function":"total"},"get_experiment":{"experiment_id":"EXP-1"},"get_config_change":{"change_id":"FLG-1"},"search_code":{"pattern":"def to"},"read_code":{"path":"shop/app.py","n_lines":5},"find_symbol":{"name":"total"},"blame":{"path":"shop/app.py","n_lines":3},"search_documents":{"query":"price cache"},"read_document":{"path":"review-7"},"list_changes":{"regression_id":rid,"limit":3},"get_change":{"change_id":"FLG-2"},"rank_changes":{"regression_id":rid},"capacity_cost":{"regression_id":rid},"similar_cases":{"regression_id":rid},"top_endpoints":{"regression_id":rid}}
    for t in TOOLS:
        for k in range(2):
            a=time.time(); r=run_tool(t, inv, args.get(t.__name__,{})); b=time.time()-a
        print(t.__name__, len(r), f"{b*1e3:.1f} ms"); print("   ", r[:1500])
