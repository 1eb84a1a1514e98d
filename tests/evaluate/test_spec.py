import json

import pytest

from workbench.errors import ParseError
from workbench.evaluate import load_spec


def test_a_spec_is_read_with_its_workload(write_spec, tmp_path):
    spec, workload = load_spec(write_spec(seed=3, deps=["six==1.16.0"]))
    assert (spec.id, spec.kind, spec.seed, spec.deps) == (
        "small-1.0",
        "regression",
        3,
        ("six==1.16.0",),
    )
    assert spec.culprit_functions == ("small.core:total",)
    assert workload == tmp_path / "wl_small.py"


def test_a_bare_spec_knows_nothing(write_spec):
    spec, _ = load_spec(
        write_spec(kind=None, culprit_functions=None, category=None, cause=None, link=None)
    )
    assert (spec.kind, spec.culprit_functions, spec.link) == ("unknown", (), None)


def test_notes_of_the_author_are_passed_over(write_spec):
    assert load_spec(write_spec(ratio_median=1.4))[0].id == "small-1.0"


FAULTS = {
    "an id that is a path": ({"id": "../x"}, "$.id: "),
    "a number": ({"id": 3}, "$.id: "),
    "no package": ({"package": None}, "$.package: Field required"),
    "an option for a package": ({"package": "--index-url=x"}, "$.package: "),
    "an option for a version": ({"from_version": "1 --pre"}, "$.from_version: "),
    "another kind": ({"kind": "regresion"}, "$.kind: "),
    "rounds of no number": ({"workload_env": {"WL_REPEAT": "many"}}, "$.workload_env: "),
    "no rounds": ({"workload_env": {"WL_REPEAT": "0"}}, "$.workload_env: "),
    "a number in the environment": ({"workload_env": {"A": 3}}, "$.workload_env.A: "),
    "a list in a list": ({"culprit_functions": ["a", ["b"]]}, "$.culprit_functions.1: "),
    "a word for a list": ({"deps": "six"}, "$.deps: "),
    "a fraction": ({"seed": 1.5}, "$.seed: "),
    "no such workload": ({"workload": "nowhere.py"}, "$.workload: "),
    "a folder for a workload": ({"workload": "."}, "$.workload: "),
}


@pytest.mark.parametrize(("changed", "place"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_field_is_named_by_its_place(write_spec, changed, place):
    path = write_spec(**changed)
    with pytest.raises(ParseError) as caught:
        load_spec(path)
    assert str(caught.value).startswith(f"{path}")
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_fault_is_told_at_once(write_spec):
    with pytest.raises(ParseError, match=r"\$\.id: .*; \$\.seed: "):
        load_spec(write_spec(id="", seed="x"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"{", "expected JSON"),
        (b"", "expected JSON"),
        (b'"\xff"', "expected JSON"),
        (b"null", r"\$: Input should be"),
        (b"3", r"\$: Input should be"),
        (b"[]", "name one with --id"),
    ],
)
def test_what_is_not_a_spec_is_told(tmp_path, content, complaint):
    path = tmp_path / "spec.json"
    path.write_bytes(content)
    with pytest.raises(ParseError, match=complaint) as caught:
        load_spec(path)
    assert str(path) in str(caught.value)


def test_a_spec_that_is_not_there_is_told(tmp_path):
    for path in (tmp_path / "spec.json", tmp_path):
        with pytest.raises(ParseError, match="no such file"):
            load_spec(path)


def test_one_of_a_list_is_chosen_by_its_id(write_spec, tmp_path):
    rows = [json.loads(write_spec(id=name).read_text()) for name in ("one", "two")]
    path = tmp_path / "list.json"
    path.write_text(json.dumps([*rows, {"id": ["odd"]}, "not a spec"]))
    assert load_spec(path, "two")[0].id == "two"
    for missing in (None, "three"):
        with pytest.raises(ParseError, match=r"name one with --id \(of one, two"):
            load_spec(path, missing)
