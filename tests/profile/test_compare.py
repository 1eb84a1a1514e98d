import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import ProfileError
from workbench.ingest import read
from workbench.profile import ProfileBuilder, ValueType
from workbench.profile.compare import _count_of
from workbench.profile.statistics import _common_ratio, false_discovery_rates
from workbench.types import Profile

RNG_SEED = 7
N_FUNCTIONS, N_STACKS = 120, 400


def population(rng):
    """Stacks of functions, and how often each is met."""
    names = [
        [f"f{f}" for f in rng.integers(0, N_FUNCTIONS, rng.integers(1, 9))] for _ in range(N_STACKS)
    ]
    return [";".join(["main", *stack]) for stack in names], rng.dirichlet(np.full(N_STACKS, 0.3))


def draw(rng, stacks, shares, n):
    counts = rng.multinomial(n, shares)
    lines = [f"{stack} {count}" for stack, count in zip(stacks, counts, strict=True) if count]
    return read("\n".join(lines).encode(), format="folded")


def test_a_change_is_found_with_its_interval():
    rng = np.random.default_rng(RNG_SEED)
    stacks, shares = population(rng)
    grown = np.append(shares * 0.97, 0.03)
    before, after = (
        draw(rng, stacks, shares, 20_000),
        draw(rng, [*stacks, "main;new"], grown, 20_000),
    )
    diff = Profile.diff(before, after)
    assert diff.iloc[0]["function"] == "new"
    first = diff.iloc[0]
    assert first["is_significant"]
    assert first["low"] < 0.03 < first["high"]
    assert first["delta"] == pytest.approx(0.03, abs=0.004)
    assert diff.set_index("function").loc["main", "delta"] == 0


@pytest.mark.parametrize(
    ("before", "after", "n", "p_value"),
    [(45, 60, 100, 0.0472), (452, 500, 1000, 0.0353), (1000, 1095, 2200, 0.0041), (2, 2, 4, 1.0)],
)
def test_changes_of_large_shares_have_the_p_value_of_fisher(before, after, n, p_value):
    def profile(k):
        return read(f"m;a {k}\nm;b {n - k}\n".encode())

    diff = profile(before).diff(profile(after)).set_index("function")
    assert diff["p_value"][["a", "b"]].tolist() == pytest.approx([p_value] * 2, abs=5e-5)
    assert (diff["low"]["a"] > 0) == (p_value < 0.05)


@pytest.mark.slow
def test_the_same_program_twice_shows_nothing():
    """Of comparisons of A with A at most 5 % may find anything at all."""
    rng = np.random.default_rng(RNG_SEED)
    stacks, shares = population(rng)
    found, alone = [], []
    for _ in range(300):
        diff = Profile.diff(draw(rng, stacks, shares, 3000), draw(rng, stacks, shares, 5000))
        found.append(diff["is_significant"].any())
        alone.append((diff["p_value"] < 0.05).mean())
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
    assert 0.02 < np.mean(alone) <= 0.055


@pytest.mark.slow
@pytest.mark.parametrize("n_runs", [(4, 4), (1, 4)])
def test_replicates_tell_how_much_runs_differ_by(n_runs):
    """Runs that differ by more than chance: replicates keep the rate, single profiles cannot."""
    rng = np.random.default_rng(RNG_SEED)
    stacks, shares = population(rng)

    def run():
        moved = rng.gamma(shares * 2000) + 1e-12
        return draw(rng, stacks, moved / moved.sum(), 4000)

    found, alone, single = [], [], []
    for _ in range(200):
        (before, *befores), (after, *afters) = ([run() for _ in range(n)] for n in n_runs)
        diff = before.diff(after, before_replicates=befores, after_replicates=afters)
        found.append(diff["is_significant"].any())
        alone.append((diff["p_value"] < 0.05).mean())
        single.append(before.diff(after)["is_significant"].any())
    assert np.mean(found) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
    assert 0.03 < np.mean(alone) < 0.07
    assert np.mean(single) > 0.9


@given(
    st.lists(st.tuples(st.sampled_from(["a", "a;b", "c", "c;a"]), st.integers(1, 99)), min_size=1)
)
def test_a_profile_does_not_differ_from_itself(rows):
    profile = read("".join(f"{s} {c}\n" for s, c in rows).encode(), format="folded")
    diff = profile.diff(profile)
    assert not diff["is_significant"].any()
    assert (diff["delta"] == 0).all()
    assert (diff["low"] <= 0).all()
    assert (diff["high"] >= 0).all()


def test_functions_are_matched_whatever_line_they_begin_at():
    def at(line, count):
        builder = ProfileBuilder(ValueType("samples", "count"))
        location = builder.location(builder.function("f", "a.py", line), line + 1)
        builder.sample(builder.stack([location]), count)
        return builder.build()

    diff = at(3, 10).diff(at(9, 10))
    assert list(diff["function"]) == ["f"]
    assert list(diff["delta"]) == [0.0]


def test_weights_without_a_count_are_as_many_events_as_rows():
    """Ten rows of a billion nanoseconds each are ten events, not ten billion."""

    def profile(n_f, n_g):
        builder = ProfileBuilder(ValueType("cpu", "nanoseconds"))
        for name, n in (("f", n_f), ("g", n_g)):
            for _ in range(n):
                builder.sample(builder.stack([builder.frame(name)]), 10**9)
        return builder.build()

    assert not profile(6, 4).diff(profile(4, 6))["is_significant"].any()
    assert profile(600, 400).diff(profile(400, 600))["is_significant"].all()


def test_a_profile_without_samples_is_told():
    empty = read(b"# none\n", format="folded")
    with pytest.raises(ProfileError, match="expected values of samples/count that add up to more"):
        empty.diff(empty)


def test_rates_are_those_of_benjamini_and_hochberg():
    found = false_discovery_rates(np.array([0.01, 0.04, np.nan, 0.03, 0.5]))
    np.testing.assert_allclose(found, [0.04, 0.16 / 3, np.nan, 0.16 / 3, 0.5])


def test_functions_that_a_filter_left_out_are_no_tests():
    others = "".join(f"other{n} 1\n" for n in range(500))

    def part(k, rest):
        return read(f"a;b {k}\na;c {100 - k}\n{rest}".encode()).filter("^a$")

    filtered = part(40, others).diff(part(60, others))
    alone = part(40, "").diff(part(60, ""))
    assert filtered["q_value"].tolist() == alone["q_value"].tolist()
    assert alone["is_significant"].any()


def test_the_count_that_belongs_to_a_value_type_says_how_many_events_it_is():
    def profile(*counts):
        names = ("alloc-samples", "count"), ("cpu-samples", "count"), ("cpu-time", "nanoseconds")
        kinds = [ValueType(*name) for name in (*names, ("alloc-space", "bytes"))]
        builder = ProfileBuilder(*kinds)
        for name, n in zip("fg", counts, strict=True):
            builder.sample(builder.stack([builder.frame(name)]), 50 * n, n, n * 10**7, 9 * n)
        return builder.build(default_value=2)

    before, after = profile(30, 70), profile(40, 60)
    found = {
        name: before.diff(after, value_type=name)["p_value"].iloc[0]
        for name in ("alloc-samples", "cpu-samples", "cpu-time", "alloc-space")
    }
    assert found["cpu-time"] == pytest.approx(found["cpu-samples"])
    assert found["cpu-samples"] == pytest.approx(0.18, abs=0.01)
    assert found["alloc-space"] == pytest.approx(found["alloc-samples"])
    assert found["alloc-samples"] < 1e-9


@pytest.mark.parametrize("n", [10**11, 10**15, 10**18])
def test_counts_may_be_of_any_size(n):
    small = read(b"m;f 900\nm;g 9100\n")
    found = small.diff(read(f"m;f {n // 9}\nm;g {n - n // 9}\n".encode())).set_index("function")
    assert found["p_value"]["f"] == pytest.approx(5.2e-12, rel=0.01)
    assert found["p_value"]["m"] == 1.0


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["samples", "cpu"], 0), (["c-samples", "cpu"], None), (["cpu_samples", "CPU time"], 0),
        (["samples", "alloc-samples", "alloc-space"], 1), (["objects", "space"], None),
    ],
)  # fmt: skip
def test_a_value_type_is_counted_by_the_samples_that_are_named_alike(names, expected):
    kinds = [ValueType(name, "count" if "samples" in name else "bytes") for name in names]
    assert _count_of(kinds, len(kinds) - 1) == expected


def test_functions_on_the_same_stacks_tell_no_more_than_one():
    ratios = np.random.default_rng(0).chisquare(4, 12) / 4 * 3
    assert _common_ratio(np.repeat(ratios, 8), 4.0) == _common_ratio(ratios, 4.0)
    assert _common_ratio(ratios, 4.0)[1] <= 11 * 4
