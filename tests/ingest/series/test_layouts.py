import pandas as pd
import pytest

from workbench.errors import ParseError
from workbench.ingest.series.layouts import windows_of

AT = pd.date_range("2026-01-01", periods=12, freq="D", tz="UTC")


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%dT%H%M",
             "%Y-%m-%d %H:%M:%S+00:00", "%s", "%s000"],
)  # fmt: skip
def test_windows_are_named_by_times(form):
    names = [at.strftime(form.replace("%s", str(int(at.timestamp())))) for at in AT]
    columns, windows = windows_of(names[::-1])
    assert columns == names
    assert (windows == AT).all()


@pytest.mark.parametrize("names", [[str(i) for i in range(120)], [str(i) for i in range(-120, 0)]],
                         ids=["up", "below zero"])  # fmt: skip
def test_windows_are_named_by_numbers(names):
    columns, windows = windows_of(sorted(names))
    assert columns == names
    assert windows.equals(pd.RangeIndex(120))


@pytest.mark.parametrize("form", ["w{}", "{}/01/2026", "{}:00", "1.{}"])
def test_windows_of_other_names_stay_in_order(form):
    names = [form.format(i) for i in range(12)][::-1]
    columns, windows = windows_of(names)
    assert columns == names
    assert windows.equals(pd.RangeIndex(12))


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ([*map(str, AT), "n_calls", "7"], "named by times, as 2026-01-01 .* is, got n_calls, 7$"),
        (["n", *map(str, range(9))], "named by numbers, as 0 is, got n$"),
        (["1", "2", "01"], "expected one column a window, got two of 1$"),
        (["2026-01-01", "2026-01-02", "2026-01-01 00:00"], "got two of 2026-01-01 00:00"),
    ],
)
def test_names_that_are_no_windows_are_told(names, complaint):
    with pytest.raises(ParseError, match=complaint):
        windows_of(names)
