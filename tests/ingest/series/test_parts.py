import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import ParseError
from workbench.ingest.series import open_series, prefers_parts, read_series
from workbench.ingest.series import parts as module

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
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    monkeypatch.setattr(module, "_VALUES_AT_ONCE", 100)


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


def one_longer(values):
    return [*values[:8], [*values[8], 1.0], *values[9:]]


MISTAKES = {
    "other columns": (pa.table({"a": [1]}), "expected columns that name a series, .* got a"),
    "a list too long": (listed(one_longer([*VALUES])),
                        r"@ series \('web', 'f8'\): expected 12 values, .* got 13"),
    "no series": (listed().slice(0, 0), "expected series, found none"),
    "sorted by time": (tidy().sort_by("at"), "one after the other, got one of each"),
    "a window of its own": (
        pa.concat_tables([tidy(), tidy().slice(0, 1).set_column(1, "subject", pa.array(["z"]))
                          .set_column(2, "at", pa.array([pd.Timestamp("2027-01-01")],
                                                        tidy().schema.field("at").type))]),
        r"@ series \('web', 'z'\): expected values of the windows of the first series"),
    "times out of order": (tidy().take([1, 0, *range(2, 40)]), "expected times of one series in"),
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


def test_files_of_other_columns_are_told_apart(write, tmp_path):
    write(listed(), "a.parquet")
    write(wide(), "b.parquet")
    with pytest.raises(
        ParseError, match=r"b\.parquet: expected the columns of a\.parquet: service"
    ):
        open_series(tmp_path)


def test_only_one_row_a_series_prefers_parts(write, tmp_path, monkeypatch):
    assert prefers_parts(write(listed()))
    assert prefers_parts(write(wide()))
    assert not prefers_parts(write(tidy()))
    assert len(read_series(tmp_path / "series.parquet")) == VALUES.size
    monkeypatch.setattr(module, "_MANY_VALUES", 100)
    assert prefers_parts(write(tidy()))
    by_time = pa.table({"at": AT.tz_localize(None), **{f"f{row}": VALUES[row] for row in range(N)}})
    assert not prefers_parts(write(by_time))
    assert not prefers_parts(tmp_path / "none")
    assert not prefers_parts(tmp_path / "none" / "at all")
