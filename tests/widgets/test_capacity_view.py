from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import traitlets
from lead_record import ASSUMPTIONS, SINCE, UNTIL, make_record, make_solves

from workbench.capacity import capacity_plan, capacity_timeline
from workbench.errors import WorkbenchError
from workbench.types import CapacityTimeline, TrackRecord
from workbench.views.columns import in_text
from workbench.widgets import CapacityView


@pytest.fixture(scope="module")
def view():
    record = make_record()
    return CapacityView(capacity_timeline(record, ASSUMPTIONS), capacity_plan(record, ASSUMPTIONS))


def column(told):
    return np.frombuffer(told["data"], told["dtype"])


def test_balances_are_told_after_each_event_in_each_unit(view):
    frame = view.timeline.to_frame()
    for name in ("lost", "recovered", "confirmed"):
        for unit in ("servers", "money_per_year"):
            told = view._told["balances"][name][unit]
            for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
                assert column(told[end]).tolist() == pytest.approx(
                    frame[f"{name}_{unit}{suffix}"].tolist(), nan_ok=True
                )
    times = column(view._told["times"])
    assert datetime.fromtimestamp(times[0] / 1000, UTC) == view.timeline.events[0].at


def test_what_is_chosen_is_a_table_of_its_cost_a_week(view):
    view.selected = [2, 1]
    seen = view.selection
    assert seen["rank"].tolist() == [2, 1]
    first = view.plan.items[0]
    assert seen["name"].tolist()[1] == first.name
    assert seen["kwh_per_week"].tolist()[1] == pytest.approx(
        first.costs.kwh_per_year.value * 168 / 8766
    )
    view.selected = []
    assert view.selection.empty


@pytest.mark.parametrize("rank", [0, 999])
def test_what_is_not_there_cannot_be_chosen(view, rank):
    with pytest.raises(WorkbenchError, match=f"expected ranks from 1 to {len(view.plan.items)}"):
        view.selected = [rank]
    assert view.selected == []


def test_a_unit_that_there_is_not_is_refused():
    with pytest.raises(traitlets.TraitError, match="unit"):
        CapacityView(CapacityTimeline(SINCE, UNTIL), unit="horses")


def test_only_units_that_are_known_are_told_as_such():
    record = make_record(solves=make_solves(4, ("diagnosed",)).assign(service="thumbnails"))
    seen = CapacityView(
        capacity_timeline(record, ASSUMPTIONS), capacity_plan(record, ASSUMPTIONS)
    )  # fmt: skip
    assert seen._told["units"] == ["servers"]  # 90 of them, and nothing else is told
    assert seen._told["items"][0]["costs"]["watts"] == [None, None, None]


def test_a_still_tells_the_balances_and_the_queue_as_text(view):
    still = view.still()
    assert still["text/plain"].startswith("Servers: ")
    assert f"{len(view.plan.items)} items wait for a person" in still["text/plain"]
    assert view.plan.items[0].service in still["text/html"]


def test_foreign_text_stays_text_and_the_state_can_be_written():
    hostile = "</script><script>alert(1)</script>"
    solves = make_solves(3, ("diagnosed",)).assign(case=hostile, subject=hostile, service="feed")
    record = make_record(solves=solves)
    seen = CapacityView(capacity_timeline(record, ASSUMPTIONS), capacity_plan(record, ASSUMPTIONS))
    assert hostile not in seen.still()["text/html"]
    assert hostile not in seen.to_html()
    in_text(seen._told)


def test_where_nothing_happened_that_is_said():
    record = TrackRecord(SINCE, SINCE + timedelta(days=1), "")
    seen = CapacityView(capacity_timeline(record, ASSUMPTIONS), capacity_plan(record, ASSUMPTIONS))
    assert seen.still()["text/plain"] == (
        "Nothing was lost and nothing recovered; nothing waits for a person"
    )
