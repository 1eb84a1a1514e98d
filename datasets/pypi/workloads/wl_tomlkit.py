"""Parse, change and dump TOML documents."""

import _wl
import tomlkit

D = "\n".join(
    '[tool.sec%d]\nname = "pkg%d"\nversion = "1.%d.0"\ndeps = ["a>=1", "b<2", "c"]\nnum = %d\nt = 2020-01-01T00:00:00Z\ninl = {x = 1, y = "z"}\n'
    % (i, i, i, i)
    for i in range(25)
)


def main():
    d = tomlkit.parse(D)
    for k in list(d["tool"]):
        d["tool"][k]["num"] = d["tool"][k]["num"] + 1
    return len(tomlkit.dumps(d))


_wl.run(main, 6)
