"""Callgrind's format as its manual has it, and as other writers use it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import callgrind, read
from workbench.types import Function


def table(frame, *columns):
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def parse(text):
    return read(text.encode(), format="callgrind")


def refused(text, complaint):
    with pytest.raises(ParseError, match=complaint):
        parse(text)


HEAD = "# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npositions: line\nevents: Ir\n"


# who is called


def test_a_call_without_a_file_goes_to_the_file_of_its_line():
    """Within code of another file (`fi`), that is the other file, not the one of the function."""
    found = parse(
        HEAD + "fl=(1) a.c\nfn=(1) main\n1 5\nfi=(2) b.h\n7 1\ncfn=(2) leaf\ncalls=1 9\n* 10\n"
        "fe=(1)\n2 1\n\nfl=(2)\nfn=(2)\n9 10\n"
    )
    assert table(found.callers("leaf"), "function", "file", "value") == [("main", "a.c", 10)]
    assert table(found.top(by="total"), "function", "file", "self", "total") == [
        ("main", "a.c", 7, 17), ("leaf", "b.h", 10, 10),
    ]  # fmt: skip
    assert [(row["line"], row["kind"]) for row in found.locations.to_pylist()] == [
        (1, ""), (7, "inlined"), (2, ""), (9, ""),
    ]  # fmt: skip


def test_a_function_after_inlined_code_is_in_the_file_of_the_last_function():
    found = parse(HEAD + "fl=(1) a.c\nfn=(1) f\n1 5\nfi=(2) b.h\n7 1\nfn=(3) g\n3 1\n")
    assert [row["file"] for row in found.functions.to_pylist()] == ["a.c", "a.c"]
    assert [row["kind"] for row in found.locations.to_pylist()] == ["", "inlined", ""]


def test_a_file_that_comes_after_the_function_is_its_file():
    assert parse(HEAD + "fn=f\nfl=a.c\n1 5\n").functions.to_pylist() == [
        {"name": "f", "file": "a.c", "line": 0}
    ]


def test_the_binary_stands_for_a_file_that_is_not_known():
    found = parse(
        HEAD + "ob=(1) /bin/app\nfl=(1) ???\nfn=(1) 0x1040\n0 5\ncob=(2) /lib/libc.so\n"
        "cfi=(1)\ncfn=(2) 0x1040\ncalls=1 0\n0 7\nob=(2)\nfn=(2)\n0 7\n"
    )
    assert [(row["name"], row["file"]) for row in found.functions.to_pylist()] == [
        ("0x1040", "/bin/app"), ("0x1040", "/lib/libc.so"),
    ]  # fmt: skip
    top = found.top(by="total")
    assert table(top, "file", "self", "total") == [("/bin/app", 5, 12), ("/lib/libc.so", 7, 7)]


# what functions took


def test_recursion_counts_once():
    found = parse(
        HEAD + "fn=main\n1 1\ncfn=fib\ncalls=1 5\n2 40\nfn=fib\n5 40\ncfn=fib\ncalls=9 5\n6 70\n"
    )
    assert table(found.top(by="total"), "function", "self", "total") == [
        ("main", 1, 41), ("fib", 40, 40),
    ]  # fmt: skip
    assert table(found.callees("fib"), "function", "value") == [("fib", 40), ("<self>", 40)]


def test_what_is_in_a_circle_took_at_most_what_the_circle_took():
    """even calls odd calls even; each call tells all that it led to, so a sum has it twice."""
    found = parse(
        HEAD + "fn=main\n1 1\ncfn=even\ncalls=1 5\n2 60\n"
        "fn=even\n5 20\ncfn=odd\ncalls=2 8\n6 70\ncfn=leaf\ncalls=1 9\n6 10\n"
        "fn=odd\n8 30\ncfn=even\ncalls=1 5\n9 40\nfn=leaf\n9 10\n"
    )
    assert found.totals == {"Ir/count": 61}
    assert dict(table(found.top(by="total"), "function", "total")) == {
        "main": 61, "even": 60, "odd": 60, "leaf": 10,
    }  # fmt: skip


# totals


def test_totals_must_be_those_of_the_costs():
    assert parse(HEAD + "fn=f\n1 5\n2 6\ntotals: 11\n").totals == {"Ir/count": 11}
    refused(
        HEAD + "fn=f\n1 5\n2 6\ntotals: 12\n",
        r"9: expected costs that add up to \[12\], got \[11\]",
    )
    refused(HEAD + "fn=f\n1 5\ntotals: x\n", "8: expected costs, got 'x'")
    refused(HEAD + "fn=f\n1 5\ntotals: 5 6\n", "8: expected up to 1 costs, got 2")


def test_each_part_has_totals_of_its_own():
    part = "part: {}\nsummary: 5\nfn=(1) f\n1 5\ntotals: 5\n"
    found = parse(HEAD + part.format(1) + part.format(2))
    assert (found.totals, found.n_samples) == ({"Ir/count": 10}, 1)
    refused(
        HEAD + part.format(1) + part.format(2).replace("1 5", "1 4"), r"add up to \[5\], got \[4\]"
    )


def test_costs_that_are_left_out_are_nothing_in_totals_too():
    head = HEAD.replace("events: Ir", "events: Ir Dr Bc")
    found = parse(head + "fn=f\n1 5\n2 6 1\ntotals: 11 1\n")
    assert found.totals == {"Ir/count": 11, "Dr/count": 1, "Bc/count": 0}


def test_a_file_that_was_cut_off_before_its_totals_is_refused():
    cut = "summary: 12\nfn=f\n1 5\n2 6\n"
    refused(HEAD + cut, r"expected costs that add up to \[12\], found \[11\] and the end")
    assert parse(HEAD.replace("callgrind-3", "other") + cut).totals == {"Ir/count": 11}


@pytest.mark.parametrize("summary", ["summary: 0", "summary:", "summary: 11", "summary: 3"])
def test_a_summary_by_other_rules_is_no_fault(summary):
    assert parse(f"{HEAD}{summary}\nfn=f\n1 5\n2 6\n").totals == {"Ir/count": 11}
    assert parse(f"{HEAD}fn=f\n1 5\n2 6\n{summary}\n").totals == {"Ir/count": 11}


# other writers


def test_xdebug_tells_units_and_memory_that_is_given_back():
    text = """version: 1
creator: xdebug 3.3.1 (PHP 8.2.0)
cmd: /var/www/index.php
part: 1
positions: line

events: Time_(10ns) Memory_(bytes)

fl=(1) php:internal
fn=(1) php::strlen
5 3 -48

fl=(2) /var/www/index.php
fn=(2) {main}
1 70 400
cfl=(1)
cfn=(1)
calls=1 0 0
5 3 -48

summary: 99 1024

==== NEW PROFILING FILE ==============================================
version: 1
creator: xdebug 3.3.1 (PHP 8.2.0)
events: Time_(10ns) Memory_(bytes)
fl=(1) /var/www/other.php
fn=(1) {main}
1 7 0
"""
    found = read(text.encode())
    assert found.totals == {"Time/nanoseconds": 800, "Memory/bytes": 352}
    assert table(found.callees(Function("{main}", "/var/www/index.php")), "function", "value") == [
        ("<self>", 700), ("php::strlen", 30),
    ]  # fmt: skip
    memory = found.top(value_type="Memory", by="total")
    assert ("{main}", "/var/www/index.php", 400, 352) in table(
        memory, "function", "file", "self", "total"
    )


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("cpu(nanoseconds)", "cpu/nanoseconds"),
        ("Time_(µs)", "Time/microseconds"),
        ("Microseconds", "Microseconds/microseconds"),
        ("wall_time", "wall_time/count"),
        ("D1mr", "D1mr/count"),
        ("odd_(parsecs)", "odd_(parsecs)/count"),
    ],
)
def test_a_unit_is_taken_from_the_name_of_an_event(event, kind):
    assert parse(f"events: {event}\nfn=f\n1 5\n").totals == {kind: 5}


def test_cachegrind_writes_no_calls():
    text = "desc: I1 cache: 32768 B\ncmd: ./app\nevents: Ir I1mr\nfl=a.c\nfn=f\n3 10 1\n4 5 0\nsummary: 15 1\n"
    found = read(text.encode())
    assert found.totals == {"Ir/count": 15, "I1mr/count": 1}
    assert not len(found.graph.callers)


# positions


def test_positions_are_relative_and_hexadecimal():
    head = HEAD.replace("positions: line", "positions: instr line")
    found = parse(head + "fn=f\n0x10 9 1\n+0x4 +2 2\n-2 * 3\n* -1 0x10\n")
    assert [row["line"] for row in found.locations.to_pylist()] == [9, 11, 10]
    assert found.totals == {"Ir/count": 22}


def test_files_with_addresses_alone_have_no_lines():
    head = HEAD.replace("positions: line", "positions: instr")
    found = parse(head + "fn=f\n0x10 1\n+4 2\n")
    assert (found.n_samples, found.totals) == (1, {"Ir/count": 3})
    assert found.locations["line"].to_pylist() == [0]


def test_jumps_cost_nothing_and_move_on():
    found = parse(HEAD + "fn=f\n5 1\njcnd=3/4 +2 \n+1 \njump=2 +7\n*\n+1 4\n")
    assert [row["line"] for row in found.locations.to_pylist()] == [5, 7]
    assert found.totals == {"Ir/count": 5}
    refused(
        HEAD + "fn=f\njump=2 +7\nfn=g\n", "8: expected 1 positions and up to 1 costs, got 'fn=g'"
    )


@pytest.mark.parametrize(
    "line",
    [
        "1 -",
        "1 0x",
        "1 1e3",
        "1 1_0",
        "1 ٣",
        "1 99999999999999999999",
        "+ 1",
        "1 2 3",
        "-",
        "0xg 1",
    ],
)
def test_what_is_no_number_is_refused_with_its_line(line):
    refused(HEAD + f"fn=f\n{line}\n", "7: expected 1 positions and up to 1 costs, got")


def test_sums_that_no_integer_holds_are_refused():
    refused(HEAD + "fn=f\n" + "1 999999999999999999\n" * 10, "add up to at most")


def test_too_many_events_and_letters_are_refused(monkeypatch):
    events = " ".join(f"e{number}" for number in range(65))
    refused(f"events: {events}\nfn=f\n1 5\n", "expected up to 64 names of events, got 'e0 e1")
    monkeypatch.setattr(callgrind, "MOST_LETTERS", 30)
    refused(
        HEAD + f"fn=(1) {'f' * 20}\n1 1\nfl=a.c\nfn=(1)\n1 1\n", "10: expected at most 30 letters"
    )


def test_costs_before_their_events_are_refused():
    refused("fn=f\n1\nevents: Ir\n", "2: expected 1 positions and up to 0 costs, got '1'")
    assert parse("events: Ir\npositions: instr line\nfn=f\n1 2\n").totals == {"Ir/count": 0}


def test_events_of_one_name_are_refused():
    refused("events: a_(ns) a(ns)\nfn=f\n1 5\n", "expected events that differ")


@given(
    st.lists(
        st.tuples(st.sampled_from("fgh"), st.integers(1, 9), st.integers(0, 10**12)), max_size=20
    )
)
def test_costs_add_up_whatever_their_order(costs):
    """Rows are functions and lines; relative positions are the same as absolute ones."""
    plain = "".join(f"fn={name}\n{line} {cost}\n" for name, line, cost in costs)
    last, relative = 0, ""
    for name, line, cost in costs:
        relative += f"fn={name}\n{line - last:+d} {cost}\n"
        last = line
    for text in (plain, relative):
        found = parse(f"{HEAD}{text}totals: {sum(cost for *_, cost in costs)}\n")
        assert found.totals == {"Ir/count": sum(cost for *_, cost in costs)}
        assert found.n_samples == len({(name, line) for name, line, _ in costs})


def test_levels_of_a_recursion_are_one_function():
    """As valgrind writes them: fib(3), of which each call costs 1."""
    text = """version: 1
creator: callgrind-3.19.0
events: Ir
fl=(1) r.c
fn=(1) main
1 10
cfn=(2) fib
calls=1 2
1 5
fn=(2)
2 1
cfn=(3) fib'2
calls=2 2
2 4
fn=(3)
2 4
cfn=(3)
calls=2 2
2 9
fn=(4) g'main'(below main)
3 1
"""
    found = read(text.encode())
    top = found.top(by="total").set_index("function")
    assert top["self"].to_dict() == {"main": 10, "fib": 5, "g'main'(below main)": 1}
    assert top["total"].to_dict() == {"main": 15, "fib": 5, "g'main'(below main)": 1}
    callers = found.callers("fib").set_index("function")["value"].to_dict()
    assert callers == {"main": 5, "fib": 5}


def test_calls_in_a_circle_are_at_most_what_was_called_took():
    """main 1 -> a 10 -> b 10 -> a'2 30 -> b'2 50, each of them with all that it calls."""
    text = """version: 1
events: Ir
fn=main
1 1
cfn=a
calls=1 2
1 100
fn=a
2 10
cfn=b
calls=1 3
2 90
fn=b
3 10
cfn=a'2
calls=1 2
3 80
fn=a'2
2 30
cfn=b'2
calls=1 3
2 50
fn=b'2
3 50
"""
    found = read(text.encode())
    assert found.callers("b").set_index("function")["value"].to_dict() == {"a": 100}
    assert found.top(by="total")["total"].tolist() == [101, 100, 100]
