"""Datasets with metadata-rich attributes: copies, assignment, arithmetic."""

import _wl
import numpy as np
import xarray as xr

OPT, MORE = _wl.pick(
    (
        {
            "opt%d" % i: {"a": list(range(10)), "b": {"c": "x" * 5, "d": (1, 2, 3)}}
            for i in range(40)
        },
        {"units": "m"},
    ),
    (
        [
            {"step": i, "by": ["me", "you", [0.5, i]], "log": {"k%d" % i: {"ok": True}}}
            for i in range(50)
        ],
        {"long_name": "height", "range": (0.0, 9.5)},
    ),
)
ds, X, Y, AT = _wl.pick(
    (
        xr.Dataset(
            {"v%d" % i: (("t", "x"), np.zeros((4, 5)), {"opts": OPT, **MORE}) for i in range(8)},
            coords={"t": np.arange(4), "x": np.arange(5)},
        ),
        "v1",
        "v2",
        {"t": 1},
    ),
    (
        xr.Dataset(
            {
                "h%d" % i: (
                    ("y", "x", "b")[: 1 + i % 3],
                    np.ones((3, 6, 2)[: 1 + i % 3]) * i,
                    {"past": OPT, **MORE},
                )
                for i in range(9)
            },
            coords={"y": list("abc"), "x": ("x", np.linspace(0, 1, 6), {"units": "km"})},
            attrs={"title": "test"},
        ),
        "h4",
        "h8",
        {"x": 3},
    ),
)


def main():
    n = 0
    for _ in range(25):
        d = ds.copy(deep=True)
        n += len(d)
        with xr.set_options(keep_attrs=True):
            d["new"] = d[X] + 1
        n += float(d["new"].isel(**AT).sum())
        d = d.assign(z=d[Y])
        n += len(d)
    return int(n)


def whole(n):
    d = ds.copy(deep=True)
    with xr.set_options(keep_attrs=True):
        d["new"] = d[X] + 1
    d = d.assign(z=d[Y])
    d["z"].values[:] = -1
    return _wl.digest(n, d.to_dict(), ds.to_dict())


_wl.run(main, 1, check=_wl.pick(None, whole))
