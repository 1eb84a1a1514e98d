import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import ParseError
from workbench.ingest.series import open_series, parts, prefers_parts, read_series, shards

N, N_WINDOWS = 30, 12
AT = pd.date_range("2026-03-02", periods=N_WINDOWS, freq="10min", tz="UTC")
VALUES = np.random.default_rng(0).random((N, N_WINDOWS)).astype(np.float32)
NAMES = {"service": ["web"] * 20 + ["db"] * 10, "subject": [f"f{row}" for row in range(N)]}


def listed(values=VALUES, at=True):
    table = {**NAMES, "values": list(values)}
    return pa.table({**table, "at": [AT.to_numpy()] * N} if at else table)


def wide(values=VALUES):
    return pa.table({**NAMES, **{str(at): values[:, i] for i, at in enumerate(AT)}})


def tidy(values=VALUES):
    names = {name: np.repeat(column, N_WINDOWS) for name, column in NAMES.items()}
    return pa.table({**names, "at": np.tile(AT.tz_localize(None), N), "value": values.ravel()})


@pytest.fixture
def write(tmp_path):
    def write(table, name="series.parquet", **options):
        pq.write_table(table, tmp_path / name, **options)
        return tmp_path / name

    return write


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch):
    monkeypatch.setattr(shards, "_AT_ONCE", 7)
    monkeypatch.setattr(shards, "_VALUES_AT_ONCE", 100)


@pytest.mark.parametrize("table", [listed(), wide(), tidy()], ids=["list", "wide", "tidy"])
@pytest.mark.parametrize("row_group_size", [1, 5, 17, 10_000])
def test_every_layout_gives_all_series_in_order(write, table, row_group_size):
    parts = open_series(write(table, row_group_size=row_group_size))
    for _ in range(2):  # it begins anew
        frames = [*parts.read()]
        assert len(frames) > 1
        whole = pd.concat(frames)
        np.testing.assert_array_equal(whole.to_numpy(), VALUES)
        assert whole.to_numpy().dtype == np.float32
        assert list(whole.index) == [*zip(*NAMES.values(), strict=True)]
        assert list(whole.index.names) == ["service", "subject"]
        assert (whole.columns == AT).all()
    names = [name for index in parts.names() for name in index]
    assert names == [*whole.index]
    sample = parts.sample()
    assert len(sample) > 0
    pd.testing.assert_frame_equal(sample, whole.loc[sample.index], check_freq=False)


def test_windows_without_times_are_numbered(write):
    (frame, *_) = open_series(write(listed(at=False))).read()
    assert list(frame.columns) == list(range(N_WINDOWS))
    table = pa.table({"name": NAMES["subject"], **{f"w{i}": VALUES[:, i] for i in range(12)}})
    (frame, *_) = open_series(write(table)).read()
    assert list(frame.columns) == list(range(N_WINDOWS))
    assert frame.index.name == "subject"


@pytest.mark.parametrize("kind", [pa.int32(), pa.float64(), pa.float32()], ids=str)
def test_missing_values_are_nan(write, kind):
    rows = [[None if i == row else i for i in range(N_WINDOWS)] for row in range(3)]
    flat = {f"w{i}": pa.array([row[i] for row in rows], kind) for i in range(N_WINDOWS)}
    for table in (
        pa.table({"subject": ["a", "b", "c"], "values": pa.array(rows, pa.list_(kind))}),
        pa.table({"subject": ["a", "b", "c"], **flat}),
    ):
        (frame,) = open_series(write(table)).read()
        assert (np.isnan(frame.to_numpy()) == np.eye(3, N_WINDOWS, dtype=bool)).all()


def test_a_series_may_lack_windows_that_the_first_has(write):
    table = tidy()
    kept = [*range(2 * N_WINDOWS), *range(2 * N_WINDOWS + 3, table.num_rows)]
    whole = pd.concat([*open_series(write(table.take(kept))).read()])
    assert np.isnan(whole.iloc[2, :3]).all()
    np.testing.assert_array_equal(whole.iloc[2, 3:], VALUES[2, 3:])
    np.testing.assert_array_equal(whole.iloc[3:], VALUES[3:])


def test_a_folder_is_read_file_by_file(write, tmp_path):
    write(listed().slice(0, 10), "a.parquet")
    write(listed().slice(10), "b.parquet")
    np.testing.assert_array_equal(pd.concat([*open_series(tmp_path).read()]), VALUES)


@pytest.mark.parametrize("table", [listed(), wide(), tidy()], ids=["list", "wide", "tidy"])
def test_small_files_and_row_groups_are_joined(write, tmp_path, table):
    n_each = table.num_rows // N
    (tmp_path / "many").mkdir()
    for row in range(N):
        write(table.slice(row * n_each, n_each), f"many/{row:02}.parquet")
    for path in (tmp_path / "many", write(table, row_group_size=n_each)):
        frames = [*open_series(path).read()]
        assert {len(frame) for frame in frames[:-1]} <= {4, 5, 6, 7}
        np.testing.assert_array_equal(pd.concat(frames), VALUES)


def test_a_folder_is_read_without_what_others_put_there(write, tmp_path):
    for folder in ("_temporary", ".hidden"):
        (tmp_path / folder).mkdir()
        write(pa.table({"x": [1]}), f"{folder}/x.parquet")
    write(pa.table({"x": [1]}), "_metadata.parquet")
    write(pa.table({"subject": pa.nulls(0), "values": pa.nulls(0)}), "0.parquet")
    write(listed(), "a.parquet")
    np.testing.assert_array_equal(pd.concat([*open_series(tmp_path).read()]), VALUES)


@pytest.mark.parametrize("row_group_size", [1, 3, 40, 1000, 100_000])
@pytest.mark.parametrize("kind", ["list", "tidy"])
def test_a_sample_has_256_series_from_all_over(write, monkeypatch, kind, row_group_size):
    monkeypatch.setattr(shards, "_AT_ONCE", 4096)
    monkeypatch.setattr(shards, "_VALUES_AT_ONCE", 100_000)
    n, n_windows = 1500, 2
    values = np.arange(n * n_windows).reshape(n, n_windows)
    names = np.array([f"f{row}" for row in range(n)])
    if kind == "list":
        table = pa.table({"subject": names, "values": list(values)})
    else:
        at = np.tile(AT[:n_windows].tz_localize(None), n)
        table = pa.table({"subject": np.repeat(names, n_windows), "at": at,
                          "value": values.ravel()})  # fmt: skip
    parts = open_series(write(table, row_group_size=row_group_size))
    whole, sample = pd.concat([*parts.read()]), parts.sample()
    assert len(sample) == 256
    assert sample.index.is_unique
    pd.testing.assert_frame_equal(sample, whole.loc[sample.index], check_freq=False)
    rows = whole.index.get_indexer(sample.index)
    assert rows[0] == 0
    assert rows[-1] > n * (0.8 if row_group_size <= 40 else 0.1)


def test_a_sample_is_filled_from_a_large_file_among_small_ones(write, tmp_path):
    names = [f"f{row}" for row in range(1200)]
    table = pa.table({"subject": names, "values": [[1.0, 2.0]] * 1200})
    for number, (start, n) in enumerate([(0, 3), (3, 1190), (1193, 7)]):
        write(table.slice(start, n), f"{number}.parquet")
    assert len(open_series(tmp_path).sample()) == 256


def test_small_tables_are_sampled_at_even_distances(write):
    names = [f"f{row}" for row in range(600)]
    table = pa.table({"subject": names, "values": [[1.0, 2.0]] * 600})
    sample = open_series(write(table, row_group_size=7)).sample()
    assert len(sample) == 256
    assert [*sample.index[[0, 1, -1]]] == ["f0", "f2", "f599"]


@pytest.mark.parametrize("empty", [None, []], ids=["null", "empty"])
@pytest.mark.parametrize("rows", [[0], [0, 1, 5], [29]], ids=str)
def test_a_list_without_values_is_nan(write, empty, rows):
    values = [empty if row in rows else list(one) for row, one in enumerate(VALUES)]
    at = [empty if row in rows else list(AT) for row in range(N)]
    table = pa.table({**NAMES, "values": pa.array(values, pa.list_(pa.float32())), "at": at})
    whole = pd.concat([*open_series(write(table)).read()])
    expected = VALUES.copy()
    expected[rows] = np.nan
    np.testing.assert_array_equal(whole, expected)
    assert (whole.columns == AT).all()


def test_the_first_series_may_lack_windows_that_others_have(write):
    table = tidy()
    whole = pd.concat([*open_series(write(table.slice(5))).read()])
    assert (whole.columns == AT).all()
    assert np.isnan(whole.iloc[0, :5]).all()
    np.testing.assert_array_equal(whole.iloc[1:], VALUES[1:])


def test_files_of_tidy_rows_may_lack_windows(write, tmp_path):
    write(tidy().slice(3, N_WINDOWS - 3), "a.parquet")
    write(tidy().slice(N_WINDOWS), "b.parquet")
    whole = pd.concat([*open_series(tmp_path).read()])
    assert np.isnan(whole.iloc[0, :3]).all()
    np.testing.assert_array_equal(whole.iloc[1:], VALUES[1:])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_are_taken_as_they_are(write, unit):
    at = pd.date_range("1970-01-01", periods=N_WINDOWS, freq="s").as_unit(unit)
    table = tidy().set_column(2, "at", pa.array(np.tile(at, N), pa.timestamp(unit, "UTC")))
    lacking = table.take([*range(3), *range(4, table.num_rows)])
    for one in (table, lacking):
        (frame, *_) = open_series(write(one)).read()
        assert (frame.columns == at.tz_localize("UTC")).all()


@pytest.mark.parametrize(
    "kind",
    [pa.string_view(), pa.large_string(), pa.dictionary(pa.int8(), pa.large_string())],
    ids=str,
)
def test_names_may_be_texts_of_any_kind(write, kind):
    for table in (listed(), tidy()):
        texts = table.column("subject").combine_chunks().dictionary_encode()
        texts = texts.cast(kind) if pa.types.is_dictionary(kind) else table["subject"].cast(kind)
        whole = pd.concat([*open_series(write(table.set_column(1, "subject", texts))).read()])
        assert [*whole.index] == [*zip(*NAMES.values(), strict=True)]


@pytest.mark.parametrize("kind", [pa.decimal128(10, 3), pa.float16(), pa.int16()], ids=str)
def test_values_may_be_numbers_of_any_kind(write, kind):
    values = np.tile(np.arange(N_WINDOWS), (N, 1))
    flat = pa.array(values.ravel()).cast(pa.float64()).cast(kind)
    rows = pa.ListArray.from_arrays(np.arange(0, values.size + 1, N_WINDOWS, np.int32), flat)
    for table in (listed(at=False).set_column(2, "values", rows),
                  tidy().set_column(3, "value", flat)):  # fmt: skip
        whole = pd.concat([*open_series(write(table)).read()])
        np.testing.assert_array_equal(whole, values)
        assert whole.to_numpy().dtype == (np.float32 if kind == pa.float16() else np.float64)


def test_of_several_lists_values_counts(write):
    table = listed().append_column("errors", pa.array([[1.0]] * N))
    np.testing.assert_array_equal(pd.concat([*open_series(write(table)).read()]), VALUES)


def test_columns_of_windows_are_sorted_and_an_open_one_is_nan(write):
    names = [str(i) for i in range(N_WINDOWS)]
    columns = {name: VALUES[:, int(name)] for name in sorted(names)}
    table = pa.table({**NAMES, **columns, "unit": pa.nulls(N)})
    table = table.set_column(table.schema.get_field_index("3"), "3", pa.nulls(N))
    whole = pd.concat([*open_series(write(table)).read()])
    expected = VALUES.copy()
    expected[:, 3] = np.nan
    np.testing.assert_array_equal(whole, expected)
    assert whole.to_numpy().dtype == np.float32


def one_longer(values):
    return [*values[:8], [*values[8], 1.0], *values[9:]]


MISTAKES = {
    "other columns": (pa.table({"a": [1]}), "expected columns of text that name a series .* got a \\(int64\\)$"),
    "a list too long": (listed(one_longer([*VALUES])),
                        r"@ series \('web', 'f8'\): expected 12 values, .* got 13"),
    "a list of times too short": (
        listed().set_column(3, "at", pa.array([list(AT)] * 9 + [list(AT[:-1])] * 21)),
        r"@ series \('web', 'f9'\): expected 12 times, one a value, got 11"),
    "a list of other times": (
        listed().set_column(3, "at", pa.array([list(AT)] * 9 + [list(AT.shift(1))] * 21)),
        r"@ series \('web', 'f9'\): expected a window at 2026-03-02 00:00:00\+00:00, .* 00:10:00"),
    "no times": (listed().set_column(3, "at", pa.nulls(N, pa.list_(pa.timestamp("us")))),
                 r"@ series \('web', 'f0'\): expected 12 times, one a value, got 0"),
    "empty lists": (pa.table({**NAMES, "values": pa.array([[]] * N, pa.list_(pa.float32()))}),
                    "expected values of series, got empty lists"),
    "empty lists of nothing": (pa.table({**NAMES, "values": pa.array([[]] * N)}),
                               "expected values of series, got empty lists"),
    "two columns of a name": (
        pa.Table.from_arrays([*listed().columns, listed()["subject"]],
                             ["service", "subject", "values", "at", "subject"]),
        "expected columns of different names, got 2 called subject"),
    "a name twice": (pa.concat_tables([listed(), listed().slice(3, 1)]),
                     r"@ series \('web', 'f3'\): expected each series once"),
    "a series in two runs": (pa.concat_tables([tidy().slice(5), tidy().slice(0, 5)]),
                             r"@ series \('web', 'f0'\): expected each series once"),
    "no name": (listed().set_column(1, "subject", pa.array([*NAMES["subject"][:-1], None])),
                "@ row 30: expected the name of a series in subject, got none"),
    "a column that is no window": (
        wide().append_column("n_calls", pa.array([1] * N)).append_column("total", pa.array([1] * N)),
        r"to be windows named by times, as 2026-03-02 00:00:00\+00:00 is, got n_calls, total$"),
    "a time that is none": (
        tidy().set_column(2, "at", pa.array([*map(str, np.tile(AT, N))][:-5] + ["soon"] * 5)),
        r"@ series \('db', 'f29'\): expected a time in ISO 8601 or Unix time, got 'soon'"),
    "no time": (
        tidy().set_column(2, "at", pa.array([*np.tile(AT, N)][:-5] + [None] * 5)),
        r"@ series \('db', 'f29'\): expected values of the windows .*, got one without a time"),
    "truth values": (pa.table({**NAMES, "values": [[True] * 12] * N}),
                     r"got service \(string\), subject \(string\), values \(list of bool\)$"),
    "no series": (listed().slice(0, 0), "expected series, found none"),
    "sorted by time": (tidy().sort_by("at"), r"f0'\): expected the values of a series one after the other"),
    "a window of its own": (
        pa.concat_tables([tidy(), tidy().slice(0, 1).set_column(1, "subject", pa.array(["z"]))
                          .set_column(2, "at", pa.array([pd.Timestamp("2027-01-01")],
                                                        tidy().schema.field("at").type))]),
        r"@ series \('web', 'z'\): expected values of the windows of the first series"),
    "times out of order": (tidy().take([1, 0, *range(2, 40)]), r"f0'\): expected times of a series in order, each once, got one at 2026-03-02 00:00"),
}  # fmt: skip


@pytest.mark.parametrize(("table", "complaint"), MISTAKES.values(), ids=MISTAKES)
def test_what_is_wrong_is_said_with_its_file(write, table, complaint):
    path = write(table)
    with pytest.raises(ParseError, match=complaint) as caught:
        [*open_series(path).read()]
    assert str(caught.value).startswith(str(path))


def test_what_is_no_parquet_is_said(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and no more")
    for ask in (open_series, prefers_parts):
        with pytest.raises(ParseError, match=r"x\.parquet: expected Parquet"):
            ask(path)
    with pytest.raises(ParseError, match="found none"):
        open_series(tmp_path / "none")


def test_a_null_among_lists_of_fixed_size_is_told(write):
    rows = pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float64(), 2))
    table = pa.table({"subject": ["a", "b", "c"], "values": rows})
    with pytest.raises(ParseError, match="expected a list of each series, as they are of fixed"):
        [*open_series(write(table)).read()]


def test_files_of_other_columns_are_told_apart(write, tmp_path):
    write(listed(), "a.parquet")
    write(wide(), "b.parquet")
    with pytest.raises(
        ParseError, match=r"b\.parquet: expected the columns of a\.parquet: service"
    ):
        open_series(tmp_path)


OTHER_WINDOWS = {
    "fewer": (listed(VALUES[:, :-1], at=False), listed(at=False),
              "expected 11 windows, as a.parquet has, got 12"),
    "of another period": (listed(), listed().set_column(3, "at", pa.array([list(AT.shift(5))] * N)),
                          r"expected a window at 2026-03-02 00:00:00\+00:00, as a.parquet has, got"),
    "of another period, tidy": (
        tidy(), tidy().set_column(2, "at", pa.array(np.tile(AT.shift(99), N))),
        r"expected a window at 2026-03-02 00:00:00\+00:00, as a.parquet has, got one at 2026-03-02 16"),
    "the same": (listed(), listed(), r"@ series \('web', 'f0'\): expected each series once"),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other", "complaint"), OTHER_WINDOWS.values(), ids=OTHER_WINDOWS)
def test_files_of_other_windows_or_the_same_series_are_refused(
    write, tmp_path, one, other, complaint
):
    write(one, "a.parquet")
    write(other, "b.parquet")
    with pytest.raises(ParseError, match=rf"b\.parquet.*: {complaint}" if "@" not in complaint else
                       rf"b\.parquet {complaint}"):  # fmt: skip
        [*open_series(tmp_path).read()]


def test_a_folder_of_parquet_prefers_parts(write, tmp_path):
    write(tidy(), "a.parquet")
    assert prefers_parts(tmp_path)
    (tmp_path / "benchmarks.json").write_text("{}")
    assert not prefers_parts(tmp_path)


def test_only_one_row_a_series_prefers_parts(write, tmp_path, monkeypatch):
    assert prefers_parts(write(listed()))
    assert prefers_parts(write(wide()))
    assert not prefers_parts(write(tidy()))
    assert len(read_series(tmp_path / "series.parquet")) == VALUES.size
    monkeypatch.setattr(parts, "_MANY_VALUES", 100)
    assert prefers_parts(write(tidy()))
    by_time = pa.table({"at": AT.tz_localize(None), **{f"f{row}": VALUES[row] for row in range(N)}})
    assert not prefers_parts(write(by_time))
    assert not prefers_parts(tmp_path / "none")
    assert not prefers_parts(tmp_path / "none" / "at all")
