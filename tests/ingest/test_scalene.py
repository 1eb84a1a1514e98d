"""Which function a line of Scalene's is in, and the stacks besides."""

import json

import pytest

from workbench.errors import ParseError
from workbench.ingest import read, scalene
from workbench.types import Function

SOURCE = """import math
def work(n):
    for i in range(n):
        n += i
@cache
def cached(n):
    def inner(k):
        return k

    return inner(n)
class A:
    x = 1
    async def run(self):
        return 2
for i in range(9):
    work(i)
"""
"""Line 1 is the first."""
FUNCTIONS = [("work", 2), ("cached", 5), ("A.run", 13)]
BOUNDS = {2: (2, 4), 3: (2, 4), 4: (2, 4), 6: (6, 10), 7: (7, 8), 8: (7, 8), 10: (6, 10), 13: (13, 14), 14: (13, 14)}  # fmt: skip
REGIONS = BOUNDS | {3: (3, 4), 4: (3, 4), 11: (11, 14), 12: (11, 14), 15: (15, 16), 16: (15, 16)}
EXPECTED = {
    1: "<module>", 2: "work", 3: "work", 4: "work", 6: "cached", 10: "cached",
    12: "<module>", 13: "A.run", 14: "A.run", 15: "<module>", 16: "<module>",
}  # fmt: skip


def document(*members, functions=FUNCTIONS, **more):
    """A file whose every line cost one percent; `members` of lines may be left out."""
    lines = []
    for number, text in enumerate(SOURCE.splitlines(keepends=True), start=1):
        region, bounds = REGIONS.get(number, (number, number)), BOUNDS.get(number, (0, 0))
        line = {
            "lineno": number, "line": text, "n_cpu_percent_c": 1.0,
            "start_region_line": region[0], "end_region_line": region[1],
            "start_function_line": bounds[0], "end_function_line": bounds[1],
        }  # fmt: skip
        lines.append({key: value for key, value in line.items() if key not in members})
    told = [{"line": name, "lineno": start} for name, start in functions]
    return {"elapsed_time_sec": 2.0, "files": {"a.py": {"functions": told, "lines": lines}}, **more}


def parse(page):
    return read(json.dumps(page).encode(), format="scalene")


def owners(profile):
    """Function of each line."""
    return {
        row["line"]: profile.function(row["function"]).name for row in profile.locations.to_pylist()
    }


BOUND_MEMBERS = ("start_function_line", "end_function_line")


@pytest.mark.parametrize("left_out", [(), BOUND_MEMBERS], ids=["bounds", "regions"])
def test_a_line_is_in_the_function_around_it(left_out):
    """Not in the one that happens to begin last before it: code after a function is in none."""
    found = owners(parse(document(*left_out)))
    assert {line: found[line] for line in EXPECTED} == EXPECTED


def test_a_function_without_costs_of_its_own_is_named_by_its_text():
    found = parse(document(functions=[("work", 2)]))
    assert owners(found)[8] == "inner"
    assert owners(found)[14] == "run"
    nameless = document("line", functions=[("work", 2)])
    assert owners(parse(nameless))[14] == "<function:13>"


def test_a_decorated_function_begins_where_its_decorator_is():
    found = parse(document())
    assert Function("cached", "a.py", 5) in map(found.function, range(found.functions.num_rows))
    assert owners(found)[8] == "inner"


def test_indented_lines_are_in_the_last_function_where_nothing_is_told():
    found = owners(parse(document(*BOUND_MEMBERS, "start_region_line", "end_region_line")))
    assert (found[4], found[10], found[14]) == ("work", "cached", "A.run")
    assert {found[1], found[11], found[15], found[16]} == {"<module>"}


def test_functions_that_overlap_or_come_unordered_have_an_answer():
    functions = [("late", 14), ("early", 1), ("same", 1)]
    found = owners(parse(document(*BOUND_MEMBERS, functions=functions)))
    assert len(found) == 16


def test_a_row_is_a_line_that_cost_anything():
    page = document()
    for line in page["files"]["a.py"]["lines"][3:]:
        line["n_cpu_percent_c"] = 0
    page["files"]["a.py"]["lines"][9] |= {"n_malloc_mb": 2.5, "n_copy_mb_s": None}
    found = parse(page)
    assert found.n_samples == 4
    assert found.totals["cpu/percent"] == 3.0
    assert found.values("alloc_space").tolist() == [0, 0, 0, 2.5]
    assert (found.duration_s, found.time_ns) == (2.0, None)


# stacks


def py(name, line, file="a.py"):
    return {"kind": "py", "display_name": name, "filename_or_module": file, "line": line, "ip": None, "offset": None}  # fmt: skip


def native(name, address, module="/lib/libc.so"):
    return {"kind": "native", "display_name": name, "filename_or_module": module, "line": None, "ip": address, "offset": 4}  # fmt: skip


def test_stacks_are_rows_with_values_of_their_own():
    stacks = [
        [["a.py <module>:16;", "a.py work:4;"], {"count": 3, "python_time": 0.25, "c_time": 0.5}],
        [["my dir/b.py A.run.<locals>.<lambda>:7;", "no frame"], {"count": 1, "python_time": 0.25, "c_time": 0}],
    ]  # fmt: skip
    found = parse(document(stacks=stacks))
    assert found.totals["stack_samples/count"] == 4
    assert found.totals["stack_python/ratio"] == 0.5
    assert found.totals["cpu/percent"] == 16.0
    assert found.n_samples == 18
    assert found.stack(found.sample_stacks[16]) == (
        Function("<module>", "a.py"), Function("work", "a.py", 2),
    )  # fmt: skip
    assert found.stack(found.sample_stacks[17]) == (
        Function("A.run.<locals>.<lambda>", "my dir/b.py"), Function("no frame"),
    )  # fmt: skip


def test_counts_of_older_stacks_are_numbers():
    found = parse(document(stacks=[[["a.py work:4;"], 7]]))
    assert found.totals["stack_samples/count"] == 7


def test_native_frames_are_marked_and_named_by_address_at_need():
    combined = [[[py("work", 4), native("", 2**64 - 1), native("memcpy", 4096)], 5]]
    memory = [[[py("work", 4)], 2.5]]
    found = parse(document(combined_stacks=combined, memory_stacks=memory))
    assert found.totals["combined_samples/count"] == 5
    assert found.totals["stack_alloc_space/megabytes"] == 2.5
    stack = found.stack(found.sample_stacks[16])
    assert [function.name for function in stack] == ["work", "[unknown]", "memcpy"]
    kinds = [(row["address"], row["kind"]) for row in found.locations.to_pylist()][-2:]
    assert kinds == [(-1, "native"), (4096, "native")]
    assert found.top(value_type="combined_samples", by="total")["total"].tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"stacks": [[["a"]]]}, r"\$\.stacks\[0\]: expected an index below 1, got 1"),
        ({"stacks": [[[3], 1]]}, r"\$\.stacks\[0\]\[0\]\[0\]: expected a string, got 3"),
        ({"stacks": [[["a"], {"count": 1}]]}, r"\$\.stacks\[0\]\[1\]: expected 'python_time'"),
        ({"combined_stacks": [[[{}], 1]]}, r"\$\.combined_stacks\[0\]\[0\]\[0\]: expected 'file"),
        ({"memory_stacks": [[[], "1"]]}, r"\$\.memory_stacks\[0\]\[1\]: expected a number"),
        ({"elapsed_time_sec": "2"}, r"\$\.elapsed_time_sec: expected a number"),
        ({"files": {"a.py": {}}}, r"\$\.files\.a\.py: expected 'lines'"),
        ({"files": {"a.py": {"lines": [{}]}}}, r"\$\.files\.a\.py\.lines\[0\]: expected 'lineno'"),
        ({"files": []}, r"\$\.files: expected an object"),
    ],
)
def test_what_scalene_does_not_write_is_named_with_its_place(more, complaint):
    with pytest.raises(ParseError, match=complaint):
        parse(document() | more)


def test_a_long_path_of_many_functions_is_refused(monkeypatch):
    monkeypatch.setattr(scalene, "MOST_LETTERS", 10)
    with pytest.raises(ParseError, match=r"\$\.files\.a\.py: expected a shorter path"):
        parse(document())
