from datetime import date, datetime

import pytest
from depot.errors import Conflict, Invalid, NotFound
from depot.model import Parcel
from depot.pricing.tariffs import Tariffs
from depot.routing.carriers import CARRIERS, arrives_on, best_and_others, leaves_on, offers
from depot.routing.geo import distance_km
from depot.routing.ramps import Ramps
from depot.routing.tours import length_km, nearest_first, untangle
from depot.routing.vans import load
from depot.settings import Settings

POST, SWIFT, NORTH = CARRIERS[:3]


def test_distances_are_those_of_the_globe():
    assert distance_km("Hamburg", "Berlin") == pytest.approx(255.2, abs=0.5)
    assert distance_km("Berlin", "Hamburg") == pytest.approx(distance_km("Hamburg", "Berlin"))
    assert distance_km("Ulm", "Ulm") == 0
    with pytest.raises(NotFound, match="Atlantis"):
        distance_km("Ulm", "Atlantis")


def test_parcels_leave_until_the_cutoff_and_not_on_sundays():
    assert leaves_on(POST, datetime(2026, 3, 2, 16, 30)) == date(2026, 3, 2)
    assert leaves_on(POST, datetime(2026, 3, 2, 16, 31)) == date(2026, 3, 3)
    assert leaves_on(SWIFT, datetime(2026, 3, 7, 18, 1)) == date(2026, 3, 9)


def test_parcels_arrive_on_working_days():
    assert arrives_on(POST, datetime(2026, 3, 6, 9, 0)) == date(2026, 3, 9)
    assert arrives_on(NORTH, datetime(2026, 3, 2, 14, 16)) == date(2026, 3, 6)


def test_offers_are_by_price():
    found = offers(Tariffs(Settings()), 2500, "Fulda", datetime(2026, 3, 2, 9, 0))
    best, others = best_and_others(found)
    assert (best.carrier.code, others) == (
        "north",
        ["post", "alpen", "swift", "cargo", "velo", "night"],
    )
    heavy = offers(Tariffs(Settings()), 25_000, "Ulm", datetime(2026, 3, 2))
    assert [offer.carrier.code for offer in heavy] == ["north", "post", "alpen", "cargo"]
    with pytest.raises(Invalid):
        offers(Tariffs(Settings()), 40_000, "Ulm", datetime(2026, 3, 2))


def test_tours_go_to_the_nearest_first():
    tour = nearest_first(["Hamburg", "Goettingen", "Celle", "Hannover", "Celle"])
    assert tour == ["Goettingen", "Hannover", "Celle", "Hamburg"]
    assert nearest_first([]) == []


def test_untangled_tours_are_no_longer():
    towns = ["Ulm", "Bremen", "Mainz", "Kiel", "Fulda", "Berlin", "Bonn", "Jena"]
    tour = untangle(towns)
    assert sorted(tour) == sorted(towns)
    assert length_km(tour) < length_km(towns)
    assert untangle(tour) == tour


def test_vans_are_filled_one_after_the_other():
    sizes = [("D1", 60, 2), ("D2", 50, 2), ("D3", 40, 1), ("D4", 45, 3), ("D5", 10, 3)]
    vans = load([Parcel(name, "Ulm", grams, urgency) for name, grams, urgency in sizes], 100)
    assert [[p.order for p in van.parcels] for van in vans] == [["D3", "D1"], ["D2", "D4"], ["D5"]]
    assert [van.grams for van in vans] == [100, 95, 10]
    with pytest.raises(Invalid, match="D9"):
        load([Parcel("D9", "Ulm", 101)], 100)


def test_ramps_are_booked_while_they_are_free():
    ramps, ready = Ramps(), datetime(2026, 3, 6, 17, 35)
    booked = [ramps.book(ready) for _ in range(4)]
    assert booked == [datetime(2026, 3, 6, 17, 45)] * 2 + [datetime(2026, 3, 7, 7, 0)] * 2
    assert ramps.book(datetime(2026, 3, 6, 17, 45)) == datetime(2026, 3, 7, 7, 15)


def test_ramps_may_all_be_taken():
    ramps, friday = Ramps(), datetime(2026, 3, 6, 0, 0)
    n_slots = 4 * (12 + 5 + 4 * 15)
    booked = [ramps.book(friday) for _ in range(2 * n_slots)]
    assert (booked[0].hour, booked[-1]) == (6, datetime(2026, 3, 12, 20, 45))
    with pytest.raises(Conflict):
        ramps.book(friday)
