import functools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import compiled
from workbench.errors import ParseError
from workbench.ingest import folded, read
from workbench.ingest.content import Content
from workbench.ingest.read import find_format
from workbench.profile import ProfileBuilder
from workbench.types import Function, ValueType

NAMES = st.text(alphabet="abcü<>._()[], ", min_size=1, max_size=8).filter(
    lambda name: name == name.strip() and "(" not in name.replace("()", "")
)
FILES = st.sampled_from(["app.py", "dir/mod.py", "<frozen x>", "dir (x86)/mod.py", "C:\\x.py"])
FUNCTIONS = st.builds(Function, NAMES, FILES, st.just(0))
STACKS = st.lists(st.tuples(st.lists(FUNCTIONS, max_size=5).map(tuple), st.integers(0, 10**9)))


parse = functools.partial(read, format="folded")


def functions_of(profile):
    return [profile.function(n) for n in range(profile.functions.num_rows)]


def render(rows):
    return "".join(
        ";".join(f"{name} ({file}:{n + 1})" for n, (name, file, _) in enumerate(stack))
        + f" {count}\n"
        for stack, count in rows
    )


def rows_of(profile):
    return [
        (profile.stack(stack), int(count))
        for stack, count in zip(profile.sample_stacks, profile.values(), strict=True)
    ]


@given(STACKS)
def test_what_is_rendered_is_read_back(rows):
    profile = parse(render(rows).encode())
    assert rows_of(profile) == rows
    assert profile.totals == {"samples/count": sum(count for _, count in rows)}
    assert profile.n_stacks == len({stack for stack, _ in rows})
    assert len({*functions_of(profile)}) == profile.functions.num_rows


@pytest.mark.parametrize(
    ("frame", "function"),
    [
        ("main (app.py:3)", Function("main", "app.py")),
        ("main (app.py)", Function("main", "app.py")),
        ("<module> (app.py:3)", Function("<module>", "app.py")),
        (
            "_call (<frozen importlib._bootstrap>:241)",
            Function("_call", "<frozen importlib._bootstrap>"),
        ),
        ("Cls.f.<locals>.<lambda> (a b/c.py:1)", Function("Cls.f.<locals>.<lambda>", "a b/c.py")),
        ("operator() (x.cpp:1)", Function("operator()", "x.cpp")),
        ("foo (int) (x.cpp:1)", Function("foo (int)", "x.cpp")),
        ("f (dir (x86)/a.py:1)", Function("f", "dir (x86)/a.py")),
        ("f (C:\\a.py:1)", Function("f", "C:\\a.py")),
        ("malloc", Function("malloc")),
        ("f (", Function("f (")),
    ],
)
def test_a_frame_is_a_name_and_a_file(frame, function):
    profile = parse(f"{frame} 1\n".encode())
    assert functions_of(profile) == [function]
    line = re.search(r":(\d+)\)$", frame)
    assert profile.locations["line"].to_pylist() == [int(line[1]) if line else 0]


@pytest.mark.parametrize(
    ("frame", "name", "kind"),
    [("do_idle_[k]", "do_idle", "kernel"), ("A.run_[j]", "A.run", "jit"), ("A.f_[i]", "A.f", "inlined"),
     ("A.f_[0]", "A.f", "interpreted"), ("A.f_[1]", "A.f", "c1"), ("a_[x]", "a_[x]", ""),
     ("_[k]", "_[k]", "")],
)  # fmt: skip
def test_a_suffix_tells_what_kind_of_code_a_frame_is(frame, name, kind):
    profile = parse(f"{frame} 1\n".encode())
    assert functions_of(profile) == [Function(name)]
    assert profile.locations["kind"].to_pylist() == [kind]


@pytest.mark.parametrize(
    ("stack", "names"),
    [
        ("main;f(La/B;I)V;g", ["main", "f(La/B;I)V", "g"]),
        ("f(a;(b;c);d);g", ["f(a;(b;c);d)", "g"]),
        ("main;f(a;b", ["main", "f(a", "b"]),
        ("main);f(a;b);c)", ["main)", "f(a;b)", "c)"]),
        ("f((a;b);c", ["f((a;b)", "c"]),
        (";;a;;b;", ["a", "b"]),
    ],
)
def test_a_semicolon_in_parentheses_that_close_belongs_to_the_name(stack, names):
    (row,) = rows_of(parse(f"{stack} 1\n".encode()))
    assert [function.name for function in row[0]] == names


def test_fractions_make_the_column_floats():
    profile = parse(b"a 1\nb 2.5\n")
    assert rows_of(profile) == [((Function("a"),), 1), ((Function("b"),), 2)]
    assert profile.totals == {"samples/count": 3.5}


def test_many_parentheses_take_no_more_than_their_time():
    stack = b";".join([b"f(a"] * 100_000)
    assert parse(stack + b" 1\n").locations.num_rows == 1


def test_empty_stacks_count_and_recursion_is_kept():
    profile = parse(b" 2\nmain;f;f 5\n 1\n")
    assert rows_of(profile) == [
        ((), 2), ((Function("main"), Function("f"), Function("f")), 5), ((), 1),
    ]  # fmt: skip
    assert profile.totals == {"samples/count": 8}


def test_comments_blank_lines_and_carriage_returns_are_left_out():
    assert rows_of(parse(b"# note 3\n\n  \na;b 1\r\n#x 1\nb 2")) == [
        ((Function("a"), Function("b")), 1), ((Function("b"),), 2),
    ]  # fmt: skip


def test_lines_of_one_function_are_one_function():
    profile = parse(b"f (a.py:1) 1\nf (a.py:9) 2\nf (b.py:1) 4\n")
    assert functions_of(profile) == [Function("f", "a.py"), Function("f", "b.py")]
    assert list(profile.sample_stacks) == [0, 1, 2]
    assert list(profile.by_function().sample_stacks) == [0, 0, 1]


def test_totals_are_exact_beyond_what_floats_hold():
    assert parse(b"a 900719925474099267\nb 1\n").totals == {"samples/count": 900719925474099268}


def test_a_profile_without_a_sample_is_empty():
    profile = parse(b"# nothing was sampled\n")
    assert profile.n_samples == 0
    assert profile.totals == {"samples/count": 0}
    np.testing.assert_array_equal(profile.stack_starts, [0])


@pytest.mark.parametrize(
    "line",
    ["main", "5", "main five", "main 1.5.1", "main .5", "main -1", "main ²", "main\tx", "main 1e3",
     "main 99999999999999999999", "main " + "9" * 5000],
)  # fmt: skip
def test_a_line_without_a_count_is_named(line):
    with pytest.raises(ParseError, match=r"^3: expected 'frame;frame count'") as caught:
        parse(f"a 1\n\n{line}\n".encode())
    assert (caught.value.path, caught.value.place) == (None, 3)
    assert len(str(caught.value)) < 200


def test_any_space_may_part_stack_and_count():
    profile = parse(b"a;b c\t10\na;b c 2\n")
    assert profile.totals == {"samples/count": 12}
    assert profile.functions["name"].to_pylist() == ["a", "b c"]


def test_processes_and_threads_at_the_root_are_labels():
    text = b"""process 31:"py sub.py";process 32:"py app.py";thread (97): worker;run (a.py:3) 2
process 31:"py sub.py";thread (31): MainThread 1
thread (0x1F);run (a.py:3);thread (7) 4
run (a.py:3) 5
"""
    profile = parse(text)
    assert profile.totals == {"samples/count": 12}
    assert profile.functions["name"].to_pylist() == ["run", "thread (7)"]
    frame = profile.to_pandas()
    assert frame["stack"].tolist() == ["run", "", "run;thread (7)", "run"]
    told = (
        frame[["pid", "tid", "thread"]]
        .astype(object)
        .where(frame[["pid", "tid", "thread"]].notna(), None)
    )
    assert told.values.tolist() == [
        [32, 97, "worker"],
        [31, 31, "MainThread"],
        [None, 31, None],
        [None] * 3,
    ]


def test_a_difference_of_two_profiles_is_refused():
    with pytest.raises(
        ParseError, match="expected one count a line, got two of a difference: 'a;b 31 33'"
    ):
        read(b"a;b 31 33\na;c 2 0\na 1 1\n")
    assert read(b"a;worker 1 33\na;c 2\na 1\n").totals == {"samples/count": 36}


@pytest.mark.parametrize("text", [
    "Release notes for build 12\n\nFixed issue 4\nSee page 7\n",
    "2026-01-01 12:00:00 GET /index 200\n2026-01-01 12:00:01 GET /x 404\n",
    "a;b\nc;d\ne;f 1\n",
])  # fmt: skip
def test_prose_is_not_taken_for_stacks(text):
    with pytest.raises(ParseError, match=r"expected a profile \(jfr, "):
        read(text.encode())


@pytest.mark.parametrize(
    "text", ["main 3\nidle 4\n", "// odd\na;b 1\na;c 2\n", "# only\n\nrun it;b 1\n"]
)
def test_stacks_are_told_by_most_lines(text):
    assert find_format(Content(text.encode())) == "folded"


def test_counts_that_no_table_holds_are_refused():
    with pytest.raises(ParseError, match="add up to at most 9223372036854775807"):
        parse(b"a 999999999999999999\n" * 10)


@given(
    st.binary(max_size=200) | st.text(alphabet="a;() #5²\n\t\r\u2028", max_size=40).map(str.encode)
)
def test_any_bytes_are_a_profile_or_a_parse_error(data):
    try:
        parse(data)
    except ParseError:
        pass


@given(st.text("ab;() 12\r\n#\tü", max_size=40), st.integers(0, 60))
def test_machine_code_splits_lines_as_python_does(text, n_pieces):
    many = "".join(f"f{n};g{n}{n} {n}\n" for n in range(n_pieces))
    data = f"{many}{text}".encode() or b"\n"
    enough, compiled.ENOUGH = compiled.ENOUGH, 0
    try:
        found = folded._scan(data)
    finally:
        compiled.ENOUGH = enough
    if found is not None:
        told = folded._split(data)
        assert (found.pieces, found.starts.tolist()) == (told.pieces, told.starts.tolist())
        assert (found.frames.tolist(), found.values.tolist()) == (told.frames.tolist(), told.values.tolist())  # fmt: skip


def test_many_pieces_are_told_apart():
    text = "".join(f"{'x' * (n % 300)}{n};{n % 7}\u00fc {n}\n" for n in range(9000))
    enough, compiled.ENOUGH = compiled.ENOUGH, 0
    try:
        found = folded._scan(text.encode())
    finally:
        compiled.ENOUGH = enough
    assert found.pieces == folded._split(text.encode()).pieces
    assert len(found.pieces) == 9007


def test_blanks_before_the_count_are_no_part_of_a_name():
    profile = parse(b"a;b 1\na;b  2\na;b \t3\n  5\n \t5\n")
    assert profile.functions["name"].to_pylist() == ["a", "b"]
    assert profile.to_pandas()["stack"].tolist() == ["a;b"] * 3 + [""] * 2


def test_names_may_end_in_a_number():
    profile = parse(b"worker 1 5\nworker 2 5\nworker 3 5\n")
    assert profile.functions["name"].to_pylist() == ["worker 1", "worker 2", "worker 3"]


@pytest.mark.parametrize("text", ["solve (fast)", "operator() (int)", "GET (/x)", "f (inlined)"])
def test_what_looks_like_no_file_belongs_to_the_name(text):
    (function,) = parse(f"{text} 1\n".encode()).functions.to_pylist()
    assert (function["name"], function["file"]) == (text, "")


def test_files_without_a_suffix_come_back(tmp_path):
    builder = ProfileBuilder(ValueType("samples", "count"))
    builder.sample(builder.stack([builder.frame("main", "node")]), 1)
    (function,) = read(builder.build().save(tmp_path / "p.folded")).functions.to_pylist()
    assert (function["name"], function["file"]) == ("main", "node")
