"""Datasets with metadata-rich attributes: copies, assignment, arithmetic."""

import _wl
import numpy as np
import xarray as xr

OPT = {"opt%d" % i: {"a": list(range(10)), "b": {"c": "x" * 5, "d": (1, 2, 3)}} for i in range(40)}
ds = xr.Dataset(
    {"v%d" % i: (("t", "x"), np.zeros((4, 5)), {"opts": OPT, "units": "m"}) for i in range(8)},
    coords={"t": np.arange(4), "x": np.arange(5)},
)


def main():
    n = 0
    for _ in range(25):
        d = ds.copy(deep=True)
        n += len(d)
        with xr.set_options(keep_attrs=True):
            d["new"] = d["v1"] + 1
        n += float(d["new"].isel(t=1).sum())
        d = d.assign(z=d["v2"])
        n += len(d)
    return int(n)


_wl.run(main, 1)
