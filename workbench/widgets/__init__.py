"""Data -> views, selection -> values, in a notebook."""

from workbench.widgets.agent_view import AgentView
from workbench.widgets.capacity_view import CapacityView
from workbench.widgets.experiment_board import ExperimentBoard
from workbench.widgets.fix_card import FixCard
from workbench.widgets.flame_graph import FlameGraph
from workbench.widgets.opportunity_board import OpportunityBoard
from workbench.widgets.page_view import PageView
from workbench.widgets.progress_bar import ProgressBar
from workbench.widgets.regression_board import RegressionBoard
from workbench.widgets.review_queue import ReviewQueue
from workbench.widgets.series_explorer import SeriesExplorer
from workbench.widgets.skill_studio import SkillStudio
from workbench.widgets.source_lines import SourceLines
from workbench.widgets.suspect_table import SuspectTable
from workbench.widgets.task import Cancelled, Task, TaskView

__all__ = [
    "AgentView",
    "Cancelled",
    "CapacityView",
    "ExperimentBoard",
    "FixCard",
    "FlameGraph",
    "OpportunityBoard",
    "PageView",
    "ProgressBar",
    "RegressionBoard",
    "ReviewQueue",
    "SeriesExplorer",
    "SkillStudio",
    "SourceLines",
    "SuspectTable",
    "Task",
    "TaskView",
]
