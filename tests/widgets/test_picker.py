import pytest
import traitlets

from workbench.widgets import Picker


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """Outside of a notebook nothing is displayed; collect what would be."""
    collected = []
    monkeypatch.setattr("workbench.widgets.picker.display", collected.append)
    return collected


def test_the_first_is_chosen_to_begin_with(shown):
    picker = Picker({"one": 1, "two": 2}, lambda value: f"<{value}>", label="number")
    assert picker.value == 1
    assert shown == ["<1>"]
    dropdown, _ = picker.children
    assert dropdown.options == ("one", "two")
    assert dropdown.description == "number"


def test_choosing_changes_the_value_and_the_view(shown):
    picker = Picker({"one": 1, "two": [2]}, str)
    seen = []
    picker.observe(lambda change: seen.append(change["new"]), names="value")
    picker.choose("two")
    assert picker.value == [2]
    assert seen == [[2]]
    assert shown == ["1", "[2]"]
    picker.children[0].value = "one"  # as a click does
    assert picker.value == 1


def test_choosing_the_chosen_one_draws_nothing_anew(shown):
    picker = Picker({"one": 1}, str)
    picker.choose("one")
    assert shown == ["1"]


def test_what_is_not_offered_cannot_be_chosen():
    picker = Picker({"one": 1}, str)
    with pytest.raises(traitlets.TraitError):
        picker.choose("three")
    assert picker.value == 1


def test_arrays_may_be_chosen():
    numpy = pytest.importorskip("numpy")
    picker = Picker({"a": numpy.zeros(3), "b": numpy.ones(3)}, lambda values: values.sum())
    picker.choose("b")
    assert picker.value.sum() == 3


def test_nothing_to_choose_from_is_said(shown):
    picker = Picker({}, str)
    assert picker.value is None
    assert shown == []
    (only,) = picker.children
    assert "Nothing to choose from" in only.value


def test_later_changes_to_the_mapping_do_not_reach_in():
    choices = {"one": 1}
    picker = Picker(choices, str)
    choices.clear()
    picker.choose("one")
    assert picker.value == 1
