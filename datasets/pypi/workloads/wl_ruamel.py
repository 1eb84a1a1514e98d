"""Round trip YAML with comments, pure Python."""

import io

import _wl
from ruamel.yaml import YAML

D = "".join(
    "# comment %d\nkey%d:\n  name: foo bar %d\n  list:\n  - 1\n  - two\n  - {a: b, c: [1, 2]}\n  text: |\n    line one\n    line two\n  'q': \"dq\\n\" # eol\n"
    % (i, i, i)
    for i in range(20)
)


def main():
    y = YAML(typ="rt", pure=True)
    d = y.load(D)
    b = io.StringIO()
    y.dump(d, b)
    return len(d), len(b.getvalue()) > 100


_wl.run(main, 2)
