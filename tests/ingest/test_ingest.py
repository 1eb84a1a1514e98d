import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ParseError
from workbench.ingest import read
from workbench.types import Function


def test_py_spy_raw_is_read_with_empty_stacks_and_recursion():
    profile = read(
        b"# note\nmain (app.py:3);f (<frozen x>:1);f (<frozen x>:9) 5\n 2\n\nmain (app.py:7) 1\n"
    )
    assert profile.totals == {"samples/count": 8}
    assert profile.n_samples == 3
    main, frozen = Function("main", "app.py"), Function("f", "<frozen x>")
    assert profile.stack(0) == (main, frozen, frozen)
    assert profile.stack(1) == ()


def test_errors_name_file_and_line(tmp_path):
    path = tmp_path / "p.txt"
    path.write_bytes(b"a;b 1\nnot a count\n")
    with pytest.raises(ParseError, match=r"p\.txt @ 2: expected 'frame;frame count'"):
        read(path)
    with pytest.raises(ParseError, match="found no such file"):
        read(tmp_path / "none")
    with pytest.raises(ParseError, match="expected a format among folded"):
        read(b"a 1", format="jfr")


@given(st.binary(max_size=200))
def test_bytes_are_a_profile_or_a_parse_error(data):
    try:
        read(data)
    except ParseError:
        pass
    try:
        read(data, format="folded")
    except ParseError:
        pass


@given(st.dictionaries(st.lists(st.sampled_from("abcd"), min_size=1, max_size=5).map(tuple),
                       st.integers(1, 1000), min_size=1))  # fmt: skip
def test_what_is_rendered_is_read_back(stacks):
    text = "".join(f"{';'.join(stack)} {count}\n" for stack, count in stacks.items())
    profile = read(text.encode())
    seen = {
        tuple(f.name for f in profile.stack(s)): int(v)
        for s, v in zip(profile.sample_stacks, profile.sample_values[:, 0], strict=True)
    }
    assert seen == stacks
