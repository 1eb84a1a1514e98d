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


def main():
    y = YAML(typ="rt", pure=True)
    d = y.load(D)
    b = io.StringIO()
    y.dump(d, b)
    return d, b.getvalue()


def some(done):
    return len(done[0]), len(done[1]) > 100


def whole(done):
    return _wl.digest([dict(part) for part in done[0]], done[1])


_wl.run(main, 2, check=_wl.pick(some, whole))
