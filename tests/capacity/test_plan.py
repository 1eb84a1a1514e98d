"""What waits, what that costs a week, and what it is worth."""

import pytest
from made_capacity import TOLD, record, solve

from workbench.capacity import capacity_plan
from workbench.types import Amount, Opportunity, WeekCost


def waste(ident, saving, chance, state="open"):
    return Opportunity(ident, "shop", "shop.app:f", "a.py", 1, 2, "copy", f"Mend {ident}", 0.1,
                       Amount(saving, 0.5 * saving, 1.5 * saving), chance=chance, state=state)  # fmt: skip


def test_the_queue_has_regressions_fixes_and_opportunities_the_most_worth_first():
    told = record(
        solve("slow", "waits for review", 10, cost=0.04), solve("fixed", "fix verified", 11),
        solve("done", "fix verified", 12, is_approved=True), solve("no", "rejected", 13),
        solve("nobody", "nobody named", 14),
    )  # fmt: skip
    plan = capacity_plan(told, TOLD, opportunities=[
        waste("O-1", 0.1, 0.5), waste("O-2", 0.5, 0.5, "rejected"), waste("O-3", 0.001, 0.5),
    ])  # fmt: skip
    assert [(item.kind, item.name) for item in plan.items] == [
        ("opportunity", "O-1"), ("regression", "slow"), ("fix", "fixed"), ("opportunity", "O-3"),
    ]  # fmt: skip
    worths = [item.expected.servers.value for item in plan.items]
    assert worths == sorted(worths, reverse=True)


def test_worth_is_the_saving_times_the_chance_that_the_record_tells():
    told = record(
        solve("slow", "waits for review", 10), solve("fixed", "fix verified", 11),
        solve("failed", "fix failed", 12), solve("no", "rejected", 13),
    )  # fmt: skip
    items = {item.name: item for item in capacity_plan(told, TOLD).items}
    assert items["slow"].chance == pytest.approx(2 / 4)  # one of two fixes was verified
    assert items["fixed"].chance == pytest.approx(1 / 3)  # none of one review was an approval
    assert items["slow"].expected.servers.value == pytest.approx(20 * 2 / 4)
    assert items["slow"].expected.servers.low == pytest.approx(16 * 2 / 4)
    assert items["fixed"].saving.servers.value == pytest.approx(18)
    assert items["fixed"].costs.servers.value == pytest.approx(20)


def test_a_week_costs_its_part_of_the_year():
    (item,) = capacity_plan(record(solve("slow", "diagnosed", 10)), TOLD).items
    week = WeekCost.of(item.costs)
    assert week.servers.value == pytest.approx(20)
    assert week.kwh.value == pytest.approx(20 * 0.4 * 1.5 * 168)
    assert week.money.value == pytest.approx(20 * 0.4 * 1.5 * 168 * 0.10 + 20 * 2000 * 168 / 8766)
    assert week.kg_co2.low == pytest.approx(16 * 0.4 * 1.5 * 168 * 0.3)
    assert week.currency == "EUR"


def test_what_is_left_costs_without_what_was_never_lost():
    told = record(solve("a", "diagnosed", 10), solve("b", "fix verified", 11))
    plan = capacity_plan(told, TOLD, opportunities=[waste("O-1", 0.1, 0.5)])
    assert plan.costs.servers.value == pytest.approx(40)
    assert plan.costs.servers.low == pytest.approx(40 - 4 * 2**0.5)
    parts = sum(item.expected.servers.value for item in plan.items)
    assert plan.expected.servers.value == pytest.approx(parts)


def test_what_is_not_known_comes_last_and_is_counted():
    told = record(solve("a", "diagnosed", 10, service="other"), solve("b", "diagnosed", 11))
    plan = capacity_plan(told, TOLD)
    assert [item.name for item in plan.items] == ["b", "a"]
    assert plan.expected.servers.n_unknown == 1
    assert any("not known of 1 of 2 services" in line for line in plan.assumptions)


def test_where_nothing_waits_the_plan_is_empty():
    plan = capacity_plan(record(solve("a", "fix verified", 1, is_approved=True)), TOLD)
    assert (plan.items, plan.assumptions) == ((), ())
    assert plan.costs.servers.value == 0
