from datetime import date, datetime

from depot.documents.labels import check_digit, render_label, tracking_code
from depot.documents.manifest import write_manifest
from depot.model import Address, Order, Parcel
from depot.routing.vans import Van

HOME = Address("Anna Bela", "Lange Strasse 4", "34117", "Fulda")
ORDER = Order("D000042", "K1", HOME, datetime(2026, 3, 2), grams=1240)


def test_check_digits_are_those_of_the_norm():
    assert check_digit("400638133393") == "1"
    assert check_digit("00340") == "7"


def test_labels_have_all_that_printers_need():
    text = render_label(ORDER, "Yellow Post", date(2026, 3, 4))
    assert text.startswith("^XA\n")
    assert text.endswith("^XZ\n")
    assert "^FD34117 FULDA^FS" in text
    assert "^FDD000042  1.2 kg  04.03.^FS" in text
    assert f"^FD{tracking_code(ORDER)}^FS" in text


def test_manifests_number_lines_through():
    vans = [
        Van(1, 9000, [Parcel("D1", "Ulm", 1200), Parcel("D2", "Jena", 900)]),
        Van(2, 9000, [Parcel("D3", "Bonn", 4000)]),
    ]
    text = write_manifest("2026-03-02", vans, [["Jena", "Ulm"], ["Bonn"]])
    lines = text.splitlines()
    assert lines[:2] == ["Manifest of 2026-03-02", "======================"]
    assert [line[:22] for line in lines if line[:4].strip().isdigit()] == [
        "   1  Jena          D2", "   2  Ulm           D1", "   3  in all          ",
        "   4  Bonn          D3", "   5  in all          ",
    ]  # fmt: skip
    assert {len(line) for line in lines if line.endswith("kg")} == {72}
