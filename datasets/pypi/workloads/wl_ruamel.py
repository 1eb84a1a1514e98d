"""Round trip YAML with comments, pure Python."""

import io

import _wl
from ruamel.yaml import YAML

D = _wl.pick(
    "".join(
        "# comment %d\nkey%d:\n  name: foo bar %d\n  list:\n  - 1\n  - two\n  - {a: b, c: [1, 2]}\n  text: |\n    line one\n    line two\n  'q': \"dq\\n\" # eol\n"
        % (i, i, i)
        for i in range(20)
    ),
    "%YAML 1.2\n---\n"
    + "".join(
        "- &step%d # an anchor\n  run: >-\n    folded %d\n    words\n\n  with: [x, {deep: [y, -1.5]}, ~]\n  when: 2001-12-14\n  env:\n    A_%d: 'it''s'\n    yes: 0x1F\n\n- <<: *step%d\n  again: *step%d\n"
        % (i, i, i, i, i)
        for i in range(18)
    ),
)


def dumped():
    y = YAML(typ="rt", pure=True)
    d = y.load(D)
    b = io.StringIO()
    y.dump(d, b)
    return d, b.getvalue()


def main():
    d, text = dumped()
    return len(d), len(text) > 100


def whole(value):
    d, text = dumped()
    return _wl.digest(value, text, repr([dict(part) for part in d]))


_wl.run(main, 2, check=_wl.pick(None, whole))
