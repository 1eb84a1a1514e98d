"""Parse, change and dump TOML documents."""

import _wl
import tomlkit

TOP, KEY, D = _wl.pick(
    (
        "tool",
        "num",
        "\n".join(
            '[tool.sec%d]\nname = "pkg%d"\nversion = "1.%d.0"\ndeps = ["a>=1", "b<2", "c"]\nnum = %d\nt = 2020-01-01T00:00:00Z\ninl = {x = 1, y = "z"}\n'
            % (i, i, i, i)
            for i in range(25)
        ),
    ),
    (
        "host",
        "port",
        "# hosts\nversion = 3\n\n"
        + "\n".join(
            "[host.n%d] # no. %d\nport = %d\naddress = 'C:\\x%d'\non = true\nlimits = [\n  1.5, # low\n  -2e3,\n]\nday = 1987-07-05\n\"a key\" = 0xff\n"
            % (i, i, 8000 + i, i)
            for i in range(24)
        ),
    ),
)


def main():
    d = tomlkit.parse(D)
    for k in list(d[TOP]):
        d[TOP][k][KEY] = d[TOP][k][KEY] + 1
    return tomlkit.dumps(d)


_wl.run(main, 6, check=_wl.pick(len, _wl.digest))
