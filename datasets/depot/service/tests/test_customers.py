from datetime import datetime
from decimal import Decimal

import pytest
from depot.addresses import expand, read_address
from depot.errors import Invalid, NotFound
from depot.events import Events, snapshot
from depot.model import Address, Line, Order
from depot.notifications import Outbox
from depot.standing import Standing

HOME = {"name": " anna  bela", "street": "prof. gauss  Str. 4", "postcode": "34117", "town": "ULM"}


def order() -> Order:
    lines = [Line("NUT", 2, Decimal("0.20"), Decimal("0.08"))]
    home = Address("Anna Bela", "Lange Strasse 4", "34117", "Ulm")
    return Order("D000001", "K1", home, datetime(2026, 3, 2, 9, 30), lines)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("lange str. 3", "lange strasse 3"), ("lindenal. 1", "lindenallee 1"), ("st. anna PL.", "sankt anna platz"),
     ("kl. gs. 2", "kleine gasse 2"), ("am ufer 5", "am ufer 5")],
)  # fmt: skip
def test_abbreviations_are_written_out(written, meant):
    assert expand(written) == meant


def test_addresses_are_as_the_post_wants_them():
    assert read_address(HOME | {"name": "Dr. bela"}).name == "Doktor Bela"
    assert read_address(HOME) == Address("Anna Bela", "Professor Gauss Strasse 4", "34117", "Ulm")


@pytest.mark.parametrize(
    ("part", "error"),
    [({"name": " "}, Invalid), ({"postcode": "3411"}, Invalid), ({"town": "Atlantis"}, NotFound)],
)
def test_wrong_addresses_are_refused(part, error):
    with pytest.raises(error):
        read_address(HOME | part)


def test_snapshots_do_not_change_with_the_order():
    placed = order()
    found = snapshot(placed)
    placed.status = "picked"
    placed.lines.append(Line("BOLT", 1))
    assert (found["status"], len(found["lines"]), found["total"]) == ("open", 1, "0.48")
    assert found["placed"] == "2026-03-02T09:30:00"


def test_customers_are_told_of_what_concerns_them():
    events, outbox, seen = Events(), Outbox(), []
    events.subscribe(outbox)
    events.subscribe(seen.append)
    for kind in ("placed", "counted", "placed"):
        events.publish(kind, order())
    assert [subject for subject, _ in outbox.messages] == ["We have your order D000001"] * 2
    assert "   2 x NUT" in outbox.messages[0][1]
    assert len(seen) == 3
    assert events.counts == {"placed": 2, "counted": 1}


def test_standing_orders_stay_as_they_are():
    standing = Standing()
    standing.put("K1", {"customer": "K1", "lines": [{"sku": "NUT", "quantity": 5}]})
    assert standing.draft("K1", 1.3)["lines"] == [{"sku": "NUT", "quantity": 7}]
    assert standing.draft("K1", 0.1)["lines"] == [{"sku": "NUT", "quantity": 1}]
    assert standing.draft("K1", 1.0)["lines"] == [{"sku": "NUT", "quantity": 5}]
    with pytest.raises(NotFound):
        standing.draft("K2", 1.0)
