"""Rules about loops: containers, concatenation, invariants, logs, locks, rows."""

import pytest

FIRES = {
    "list_membership": [
        "def f(ids, xs):\n    known = [i for i in ids]\n    return [x for x in xs if x in known]",
        "NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']\ndef f(x):\n    return x in NAMES",
        "def f(xs):\n    seen = []\n    for x in xs:\n        if x not in seen:\n            seen.append(x)\n    return seen",
        "def f(xs, allowed: list[str]):\n    for x in xs:\n        if x in allowed:\n            print(x)",
    ],
    "list_as_queue": [
        "def f(todo):\n    while todo:\n        print(todo.pop(0))",
        "def f(xs):\n    out = []\n    for x in xs:\n        out.insert(0, x)\n    return out",
        "class A:\n    def __init__(self):\n        self.recent = []\n    def add(self, x):\n        self.recent.insert(0, x)",
    ],
    "scan_in_loop": [
        "def f(posts, users):\n    for p in posts:\n        u = next(u for u in users if u.id == p.author)\n        print(u)",
        "def f(posts, users):\n    return [[u for u in users if u.id == p.author] for p in posts]",
        "def f(xs):\n    names = [x.n for x in xs]\n    for x in xs:\n        print(names.index(x.n))",
        "def f(a, b):\n    for x in a:\n        for y in b:\n            if y.key == x.key:\n                print(x, y)",
    ],
    "double_lookup": [
        "def f(xs, t):\n    for x in xs:\n        if x in t:\n            print(t[x])",
        "def f(xs, t):\n    return [t[x] if x in t else 0 for x in xs]",
    ],
    "grown_text": [
        "def f(xs):\n    s = ''\n    for x in xs:\n        s += str(x)\n    return s",
        "def f(self, xs):\n    for x in xs:\n        self.buffer += f'{x},'",
        "def f(sock):\n    data = b''\n    while True:\n        data = data + sock.recv(10)",
    ],
    "grown_container": [
        "def f(xs):\n    out = []\n    for x in xs:\n        out = out + [x]\n    return out",
        "def f(xs):\n    t = {}\n    for x in xs:\n        t = {**t, x: 1}\n    return t",
        "def f(xs):\n    t = ()\n    for x in xs:\n        t += (x,)\n    return t",
    ],
    "summed_lists": [
        "def f(parts):\n    return sum(parts, [])",
        "import functools, operator\ndef f(parts):\n    return functools.reduce(operator.add, parts, [])",
    ],
    "growing_slice": [
        "def f(ws):\n    return [sum(ws[:i]) for i in range(len(ws))]",
        "def f(ws):\n    for i in range(9):\n        print(max(ws[: i + 1]))",
    ],
    "invariant_call": [
        "def f(xs, ws):\n    return [x / sum(ws) for x in xs]",
        "import json\ndef f(xs, n):\n    for x in xs:\n        print(x, json.dumps(n))",
        "def norm(ws):\n    return sum(w * w for w in ws)\ndef f(xs, ws):\n    for x in xs:\n        print(x / norm(ws))",
        "def f(xs, ks):\n    return [x for x in xs if x in set(ks)]",
    ],
    "invariant_property": [
        "class W:\n    @property\n    def row(self):\n        return [x * 2 for x in self.xs]\n"
        "def f(w, xs):\n    return [x * w.row[0] for x in xs]",
        "class W:\n    def __init__(self, xs):\n        self.xs = xs\n    @property\n    def total(self):\n        return sum(x for x in self.xs)\n"
        "    def shares(self):\n        return [x / self.total for x in self.xs]",
    ],
    "invariant_in_helper": [
        "def one(x, ks):\n    return x in set(ks)\ndef f(xs, ks):\n    return [one(x, ks) for x in xs]",
        "def words(t):\n    return [w.lower() for w in t.split()]\ndef one(x, t):\n    return x in words(t)\n"
        "def f(xs, t):\n    for x in xs:\n        print(one(x, t))",
    ],
    "setting_in_loop": [
        "import os\ndef f(xs):\n    for x in xs:\n        if os.environ.get('DEBUG'):\n            print(x)",
        "def f(context, xs):\n    return [x for x in xs if context.has_flag('new')]",
        "class A:\n    def f(self, xs):\n        for x in xs:\n            print(x * self.settings.number('rate'))",
    ],
    "clock_in_loop": [
        "from datetime import datetime\ndef f(xs):\n    return [x for x in xs if x.at < datetime.now()]",
        "from datetime import datetime\ndef f(xs):\n    return [datetime.strptime(x, '%Y-%m-%d') for x in xs]",
    ],
    "made_per_item": [
        "from functools import partial\ndef f(xs, g, k):\n    for x in xs:\n        h = partial(g, k)\n        print(h(x))",
        "def f(xs, k):\n    for x in xs:\n        def h(y):\n            return y + k\n        print(h(x))",
        "def f(x):\n    class Pair:\n        pass\n    p = Pair()\n    return p is x",
        "from collections import namedtuple\ndef f(x):\n    P = namedtuple('P', 'a b')\n    return P(x, x)",
    ],
    "lock_per_item": [
        "def f(self, xs):\n    for x in xs:\n        with self._lock:\n            self.n += x",
        "def f(xs, lock, t):\n    for x in xs:\n        with lock:\n            t[x] = 1",
    ],
    "log_per_item": [
        "import logging\nlog = logging.getLogger()\ndef f(xs):\n    for x in xs:\n        log.debug('saw %s', x)",
        "def f(self, xs):\n    for x in xs:\n        self.logger.info('item', item=x)",
    ],
    "row_by_row": [
        "def f(df):\n    for i, row in df.iterrows():\n        print(row)",
        "def f(df, g):\n    return df.apply(g, axis=1)",
        "import numpy as np\ndef f(xs):\n    out = np.array([])\n    for x in xs:\n        out = np.append(out, x)\n    return out",
        "import numpy as np\ndef f(xs):\n    return [np.sqrt(x) for x in xs]",
    ],
    "small_writes": [
        "def f(out, xs):\n    for x in xs:\n        out.write(x)\n        out.flush()",
        "def f(file):\n    while True:\n        c = file.read(1)\n        if not c: break",
        "def f(xs):\n    for x in xs:\n        with open('log', 'a') as out:\n            out.write(x)",
    ],
    "unbuffered_file": [
        "def f(xs):\n    out = open('a', 'wb', buffering=0)\n    for x in xs:\n        out.write(x)",
    ],
    "exception_for_common": [
        "def f(t, xs):\n    out = []\n    for x in xs:\n        try:\n            out.append(t[x])\n        except KeyError:\n            out.append(0)\n    return out",
        "def f(t, k):\n    try:\n        return t[k]\n    except KeyError:\n        return None",
        "def f(x):\n    try:\n        n = int(x)\n    except ValueError:\n        n = 0\n    return n",
    ],
}

QUIET = {
    "list_membership": [
        "def f(ids, xs):\n    known = {i for i in ids}\n    return [x for x in xs if x in known]",
        "NAMES = ('a', 'b', 'c')\ndef f(x):\n    return x in NAMES",
        "def f(xs):\n    return [x for x in xs if x in ('a', 'b', 'c')]",
        "def f(xs, text: str):\n    return [x for x in xs if x in text]",
        "def f(x, known: list[str]):\n    return x in known",
        "def f(rows):\n    for row in rows:\n        parts = [p for p in row]\n        if 'x' in parts:\n            print(row)",
    ],
    "list_as_queue": [
        "from collections import deque\ndef f(xs):\n    todo = deque(xs)\n    while todo:\n        print(todo.popleft())",
        "def f(argv):\n    return argv.pop(0)",
        "def f(todo):\n    while todo:\n        print(todo.pop())",
        "import sys\ndef f(xs):\n    for x in xs:\n        sys.path.insert(0, x)",
    ],
    "scan_in_loop": [
        "def f(posts):\n    for p in posts:\n        print([t for t in p.tags if t == p.main])",
        "def f(posts, users):\n    return [u for u in users if u.id == 3]",
        "def f(posts, users):\n    for p in posts:\n        print([u for u in users if u.age > p.age])",
        "def f(a):\n    for x in a:\n        for kind in ('x', 'y'):\n            if kind == x.kind:\n                print(x)",
    ],
    "double_lookup": [
        "def f(x, t):\n    if x in t:\n        return t[x]",
        "def f(xs, t):\n    for x in xs:\n        if x in t:\n            t[x] = 1",
        "def f(xs, t):\n    for x in xs:\n        if x in t:\n            print(x)",
    ],
    "grown_text": [
        "def f(xs):\n    n = 0\n    for x in xs:\n        n += x\n    return n",
        "def f(xs):\n    for x in xs:\n        s = 'a'\n        s += str(x)\n        print(s)",
        "def f(xs):\n    s = ''\n    s += 'a'\n    return s + ''.join(xs)",
        "def f(xs):\n    out = []\n    for x in xs:\n        out += [x]\n    return out",
    ],
    "grown_container": [
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return out",
        "def f(xs, more):\n    out = xs + [more]\n    return out",
        "def f(xs):\n    for x in xs:\n        row = [x]\n        row = row + [x]\n        print(row)",
        "def f(xs):\n    n = 0\n    for x in xs:\n        n = n + x\n    return n",
    ],
    "summed_lists": [
        "def f(xs):\n    return sum(xs, 0)",
        "import functools, operator\ndef f(xs):\n    return functools.reduce(operator.add, xs, 0)",
    ],
    "growing_slice": [
        "def f(ws, n):\n    return [sum(ws[:n]) for w in ws]",
        "def f(rows):\n    for i, row in enumerate(rows):\n        print(sum(row[:i]))",
    ],
    "invariant_call": [
        "def f(xs):\n    return [sum(x) for x in xs]",
        "def f(xs, ws):\n    for x in xs:\n        ws.append(x)\n        print(sum(ws))",
        "import random\ndef f(xs, n):\n    return [random.gauss(n, 1) for x in xs]",
        "def f(xs, ks):\n    out = []\n    for x in xs:\n        out.append(list(ks))\n    return out",
        "def norm(ws):\n    ws.append(1)\n    return sum(w for w in ws)\ndef f(xs, ws):\n    for x in xs:\n        print(norm(ws))",
        "def f(xs, names):\n    for x in xs:\n        if x.bad:\n            raise ValueError(sorted(names))",
    ],
    "invariant_property": [
        "class W:\n    @property\n    def row(self):\n        return self.xs[0]\ndef f(w, xs):\n    return [x * w.row for x in xs]",
        "class W:\n    @property\n    def row(self):\n        return [x * 2 for x in self.xs]\ndef f(ws):\n    return [w.row for w in ws]",
        "class W:\n    @property\n    def total(self):\n        return sum(x for x in self.xs)\n"
        "    def f(self, ys):\n        for y in ys:\n            self.xs = [*self.xs, y]\n            print(self.total)",
    ],
    "invariant_in_helper": [
        "def one(x, ks):\n    return x in set(ks)\ndef f(x, ks):\n    return one(x, ks)",
        "def one(x, ks):\n    return sorted(x)\ndef f(xs, ks):\n    return [one(x, ks) for x in xs]",
        "def one(x, ks):\n    return x in set(ks)\ndef f(xs):\n    for x in xs:\n        print(one(x, x.ks))",
    ],
    "setting_in_loop": [
        "import os\ndef f(names):\n    return [os.environ.get(n) for n in names]",
        "def f(context):\n    return context.has_flag('new')",
        "def f(contexts):\n    return [c.has_flag('new') for c in contexts]",
    ],
    "clock_in_loop": [
        "from datetime import datetime\ndef f(xs):\n    now = datetime.now()\n    return [x for x in xs if x.at < now]",
        "import time\ndef f(poll):\n    while not poll():\n        print(time.strftime('%H'))",
        "import time\ndef f(xs):\n    for x in xs:\n        began = time.time()\n        print(x, time.time() - began)",
    ],
    "made_per_item": [
        "from functools import partial\ndef f(xs, g):\n    return [partial(g, x) for x in xs]",
        "def f(xs):\n    return sorted(xs, key=lambda x: x.n)",
        "def f(base):\n    class Sub(base):\n        pass\n    return Sub",
        "def f(xs):\n    for x in xs:\n        def h(y):\n            return y + x\n        print(h(1))",
        "from functools import partial\ndef f(g, k):\n    return partial(g, k)",
    ],
    "lock_per_item": [
        "def f(self, xs):\n    with self._lock:\n        for x in xs:\n            self.n += x",
        "def f(xs):\n    for x in xs:\n        with x.lock:\n            x.n += 1",
        "def f(self):\n    while True:\n        with self._lock:\n            self.n += 1",
    ],
    "log_per_item": [
        "def f(log, xs):\n    log.info('saw %d', len(xs))",
        "def f(log, xs):\n    for x in xs:\n        if log.isEnabledFor(10):\n            log.debug('saw %s', x)",
        "def f(log, xs):\n    for x in xs:\n        try:\n            x()\n        except ValueError:\n            log.info('bad %s', x)",
        "def f(log, xs):\n    for i, x in enumerate(xs):\n        if i % 1000 == 0:\n            log.info('at %d', i)",
        "def f(table, xs):\n    for x in xs:\n        table.info(x)",
    ],
    "row_by_row": [
        "def f(df):\n    return df.apply(sum, axis=0)",
        "import numpy as np\ndef f(xs):\n    return np.sqrt(xs)",
        "import numpy as np\ndef f(parts):\n    for p in parts:\n        both = np.concatenate([p, p])\n        print(both)",
        "import numpy as np\ndef f(blocks):\n    return [np.sqrt(b.values) for b in blocks]",
    ],
    "small_writes": [
        "def f(out, xs):\n    for x in xs:\n        out.write(x)\n    out.flush()",
        "def f(file):\n    return file.read(1)",
        "def f(xs):\n    for x in xs:\n        with open(x) as file:\n            print(file.read())",
    ],
    "unbuffered_file": [
        "def f(xs):\n    out = open('a', 'wb')\n    for x in xs:\n        out.write(x)",
        "def f(x):\n    out = open('a', 'wb', buffering=0)\n    out.write(x)",
    ],
    "exception_for_common": [
        "def f(t, k):\n    try:\n        return t[k]\n    except KeyError:\n        raise LookupError(k)",
        "def f(t, k, log):\n    try:\n        return t[k]\n    except KeyError:\n        log.warning('no %s', k)\n        return None",
        "def f():\n    try:\n        import fast\n    except AttributeError:\n        fast = None\n    return fast",
        "def f(g):\n    try:\n        return g()\n    except OSError:\n        return None",
    ],
}


@pytest.mark.parametrize(("pattern", "text"), [(p, t) for p, ts in FIRES.items() for t in ts])
def test_a_waste_is_found(matched, pattern, text):
    assert matched(text, pattern)


@pytest.mark.parametrize(("pattern", "text"), [(p, t) for p, ts in QUIET.items() for t in ts])
def test_what_only_looks_like_it_is_not(matched, pattern, text):
    assert matched(text, pattern) == []


def test_each_has_as_many_that_only_look_like_it():
    assert all(len(QUIET[name]) >= len(found) for name, found in FIRES.items())
