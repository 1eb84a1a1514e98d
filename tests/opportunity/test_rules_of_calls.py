"""Rules about calls: batches, caches, selection, imports, dispatch; and over several files."""

import pytest

from workbench.opportunity import PATTERNS
from workbench.types import MITIGATIONS

FIRES = {
    "unbatched_calls": [
        "class Store:\n    def fetch(self, id): return 1\n    def fetch_many(self, ids): return [1]\n"
        "def f(store, ids):\n    return [store.fetch(i) for i in ids]",
        "def f(cursor, ids):\n    for i in ids:\n        cursor.execute('select', (i,))",
        "class Store:\n    def fetch(self, id): return 1\n    def fetch_many(self, ids): return [1]\n"
        "def one(store, e):\n    return store.fetch(e.id)\n"
        "def f(store, es):\n    for e in es:\n        print(one(store, e))",
        "import requests\ndef f(urls):\n    return [requests.get(u) for u in urls]",
    ],
    "cache_candidate": [
        "def slug(text: str) -> str:\n    out = ''\n    for c in text.lower():\n        out += c if c.isalnum() else '-'\n    return out\n"
        "def f(xs):\n    return [slug(x) for x in xs]",
        "def slug(text: str, n: int = 3) -> str:\n    return '-'.join(w.lower() for w in text.split() if len(w) > n)\n"
        "def f(x):\n    return slug(x)\ndef g(x):\n    return slug(x)",
    ],
    "computed_twice": [
        "def words(t):\n    return [w.lower() for w in t.split()]\ndef f(t):\n    return len(words(t)) / max(words(t))",
        "def words(t):\n    return [w.lower() for w in t.split()]\n"
        "def a(t):\n    return len(words(t))\ndef b(t):\n    return max(words(t))\ndef f(t):\n    return a(t) + b(t)",
        "def f(xs):\n    return sorted(xs)[0] - sorted(xs)[1]",
    ],
    "dear_log_fields": [
        "import logging\nlog = logging.getLogger()\ndef f(x):\n    log.debug(f'saw {x!r}')",
        "def f(log, xs):\n    log.info('saw', ids=[x.id for x in xs])",
        "def f(self, x):\n    self.log.debug('saw %s', describe(x))",
    ],
    "sorted_for_few": [
        "def f(xs):\n    return sorted(xs)[0]",
        "def f(xs, n):\n    return sorted(xs, key=len)[:n]",
        "def f(xs):\n    best = sorted(xs, reverse=True)\n    return best[:3]",
        "def f(xs):\n    mine = [x.n for x in xs]\n    mine.sort()\n    return mine[0]",
    ],
    "order_lost": [
        "def f(xs):\n    return set(sorted(xs))",
        "def f(x, xs):\n    return x in sorted(xs)",
        "def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n        out.sort()\n    return out",
    ],
    "list_for_one": [
        "def f(xs):\n    return any([x.ok for x in xs])",
        "def f(xs):\n    return [x for x in xs if x.ok][0]",
        "def f(xs):\n    return len([x for x in xs if x.ok])",
        "def f(xs):\n    good = [x for x in xs if x.ok]\n    if good:\n        return 1",
    ],
    "cut_afterwards": [
        "def f(xs, g, n):\n    rows = [g(x) for x in xs]\n    return rows[:n]",
        "def f(xs, g):\n    return [g(x) for x in xs][:10]",
        "def f(xs, g, n):\n    rows = []\n    for x in xs:\n        rows.append(g(x))\n    return rows[:n], len(rows)",
    ],
    "container_for_one": [
        "def f(pairs, k):\n    return dict(pairs)[k]",
        "def f(us, k):\n    by_id = {u.id: u for u in us}\n    return by_id.get(k)",
        "def f(x, ys):\n    return x in [y.id for y in ys]",
    ],
    "computed_unused": [
        "def tags(t):\n    return [w for w in t.split() if w[0] == '#']\n"
        "def f(t, on):\n    found = tags(t)\n    if not on:\n        return None\n    return found",
        "def tags(t):\n    return [w for w in t.split() if w[0] == '#']\n"
        "def f(t, on):\n    found = tags(t)\n    if on:\n        print(found)",
    ],
    "eager_default": [
        "def f(t, k, x):\n    return t.setdefault(k, make(x))",
        "def f(t, k, x):\n    return t.get(k, make(x))",
        "def f(o, x):\n    return getattr(o, 'name', make(x))",
    ],
    "import_in_function": [
        "def f(x):\n    import json\n    return json.dumps(x)",
        "def f(xs):\n    for x in xs:\n        from math import sqrt\n        print(sqrt(x))",
    ],
    "dispatch_chain": [
        "def f(x):\n    if isinstance(x, int):\n        return 1\n    elif isinstance(x, str):\n        return 2\n"
        "    elif isinstance(x, list):\n        return 3\n    elif isinstance(x, dict):\n        return 4",
        "def f(self, xs):\n    for x in xs:\n        getattr(self, f'visit_{x.kind}')(x)",
    ],
}

QUIET = {
    "unbatched_calls": [
        "class Store:\n    def fetch(self, id): return 1\n    def fetch_many(self, ids): return [self.fetch(i) for i in ids]",
        "class Store:\n    def fetch(self, id): return 1\ndef f(store, ids):\n    return [store.fetch(i) for i in ids]",
        "class Store:\n    def fetch(self, id): return 1\n    def fetch_many(self, ids): return [1]\n"
        "def f(store, id):\n    return store.fetch(id)",
        "def f(paths):\n    return [open(p).read() for p in paths]",
        "import requests\ndef f(url):\n    for row in requests.get(url).json():\n        print(row)",
    ],
    "cache_candidate": [
        "import time\ndef age(at: int) -> int:\n    return sum(i for i in range(9)) + int(time.time()) - at\ndef f(xs):\n    return [age(x) for x in xs]",
        "class A:\n    def slug(self, text: str) -> str:\n        return '-'.join(w + self.end for w in text.split() if w)\n"
        "    def f(self, xs):\n        return [self.slug(x) for x in xs]",
        "def slug(text: str) -> str:\n    return '-'.join(w.lower() for w in text.split() if len(w) > 3)\ndef f(x):\n    return slug(x)",
        "def slug(words: list[str]) -> str:\n    return '-'.join(w.lower() for w in words if len(w) > 3)\ndef f(xs):\n    return [slug(x) for x in xs]",
        "import functools\n@functools.lru_cache\ndef slug(text: str) -> str:\n    return '-'.join(w.lower() for w in text.split() if w)\n"
        "def f(xs):\n    return [slug(x) for x in xs]",
    ],
    "computed_twice": [
        "def words(t):\n    return [w.lower() for w in t.split()]\ndef f(t, u):\n    return words(t) + words(u)",
        "def words(t):\n    return [w.lower() for w in t.split()]\ndef f(t):\n    a = words(t)\n    t = t + 'x'\n    return a, words(t)",
        "def words(t):\n    return [w.lower() for w in t.split()]\ndef f(t, plain):\n    if plain:\n        return words(t)\n    return set(words(t)) if 0 else 1",
        "import random\ndef draw(t):\n    return [random.choice(t) for _ in t]\ndef f(t):\n    return draw(t) + draw(t)",
    ],
    "dear_log_fields": [
        "def f(log, x):\n    log.debug('saw %s', x)",
        "def f(log, x):\n    if log.isEnabledFor(10):\n        log.debug(f'saw {describe(x)}')",
        "def f(log, xs):\n    log.info('saw %d', len(xs))",
        "def f(log, x):\n    log.error(f'saw {x}')",
    ],
    "sorted_for_few": [
        "def f(xs):\n    ys = sorted(xs)\n    print(ys)\n    return ys[0]",
        "def f(xs):\n    return sorted(xs)[len(xs) // 2]",
        "def f(xs):\n    return sorted(xs)[1:]",
        "def f(xs):\n    xs.sort()\n    return xs[0]",
    ],
    "order_lost": [
        "def f(xs):\n    return sorted(set(xs))",
        "def f(xs):\n    return list(sorted(xs))",
        "def f(rows):\n    for row in rows:\n        row.sort()\n        print(row)",
    ],
    "list_for_one": [
        "def f(xs):\n    return any(x.ok for x in xs)",
        "def f(xs):\n    good = [x for x in xs if x.ok]\n    if good:\n        return good",
        "def f(xs):\n    return [x.n for x in xs]",
        "def f(xs):\n    return sum([x for x in xs], [])",
    ],
    "cut_afterwards": [
        "def f(xs, g, n):\n    rows = [g(x) for x in xs]\n    rows.sort()\n    return rows[:n]",
        "def f(xs, g, n):\n    return [g(x) for x in xs[:n]]",
        "def f(xs, n):\n    rows = [x for x in xs]\n    return rows[:n]",
        "def f(xs, g, n):\n    rows = [g(x) for x in xs]\n    print(rows)\n    return rows[:n]",
    ],
    "container_for_one": [
        "def f(us, ks):\n    by_id = {u.id: u for u in us}\n    return [by_id[k] for k in ks]",
        "def f(us, k):\n    by_id = {u.id: u for u in us}\n    return by_id.get(k), by_id",
        "def f(pairs, n):\n    return list(pairs)[:n]",
        "def f(x):\n    return x in {'a', 'b'}",
    ],
    "computed_unused": [
        "import time\ndef now(n):\n    return sum(time.time() for _ in range(n))\ndef f(g, on):\n    at = now(2)\n    if not on:\n        return None\n    return at",
        "def tags(t):\n    return [w for w in t.split() if w[0] == '#']\n"
        "def f(t, on):\n    found = tags(t)\n    if not found:\n        return None\n    return found",
        "def send(t):\n    t.append(1)\n    return [w for w in t]\ndef f(t, on):\n    found = send(t)\n    if not on:\n        return None\n    return found",
        "def tags(t):\n    return [w for w in t.split() if w[0] == '#']\n"
        "def f(t, on):\n    found = tags(t)\n    if on:\n        print(found)\n    else:\n        print(1, found)",
    ],
    "eager_default": [
        "def f(t, k):\n    return t.setdefault(k, [])",
        "def f(t, k):\n    return t.setdefault(k, set())",
        "def f(t, k):\n    return t.get(k, 0)",
    ],
    "import_in_function": [
        "def f(x):\n    try:\n        return x.a\n    except AttributeError:\n        import json\n        return json.dumps(x)",
        "import json\ndef f(x):\n    return json.dumps(x)",
        "def main():\n    import json\n    return json",
    ],
    "dispatch_chain": [
        "def f(x):\n    if isinstance(x, int):\n        return 1\n    elif isinstance(x, str):\n        return 2",
        "def f(x, y, z):\n    if x == 1:\n        return 1\n    elif y == 2:\n        return 2\n    elif z == 3:\n        return 3\n    elif x == 4:\n        return 4",
        "def f(self, kind):\n    return getattr(self, f'visit_{kind}')",
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


def test_a_function_of_another_file_is_looked_into(matched):
    text = "from words import split\ndef f(t):\n    return len(split(t)) + max(split(t))"
    pure = "def split(t):\n    return [w for w in t.split() if w]"
    counts = "N = []\ndef split(t):\n    N.append(t)\n    return [w for w in t.split() if w]"
    assert matched(text, "computed_twice", words=pure) == [3]
    assert matched(text, "computed_twice", words=counts) == []


STORES = """\
class Names:
    def find(self, rows):
        return [row.name for row in rows]
class Counts:
    def find(self, rows):
        rows.append(1)
        return [row for row in rows]
"""


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("def f(store: Names, rows):\n    return max(store.find(rows)), min(store.find(rows))", True),
        ("def f(store: 'Names | None', rows):\n    return max(store.find(rows)), min(store.find(rows))", True),
        ("def f(rows):\n    store = Names()\n    return max(store.find(rows)), min(store.find(rows))", True),
        ("class A:\n    def __init__(self, store: Names):\n        self.store = store\n"
         "    def f(self, rows):\n        return max(self.store.find(rows)), min(self.store.find(rows))", True),
        ("class A:\n    store: Names\ndef f(a: A, rows):\n    return max(a.store.find(rows)), min(a.store.find(rows))", True),
        ("def f(store: Counts, rows):\n    return max(store.find(rows)), min(store.find(rows))", False),
        ("def f(store, rows):\n    return max(store.find(rows)), min(store.find(rows))", False),
        ("class Other(Names):\n    def find(self, rows):\n        rows.append(1)\n        return rows\n"
         "def f(store: Names, rows):\n    return max(store.find(rows)), min(store.find(rows))", False),
        ("class A:\n    def __init__(self, store: Names):\n        self.store = store\n    def turn(self):\n        self.store = 1\n"
         "    def f(self, rows):\n        return max(self.store.find(rows)), min(self.store.find(rows))", False),
    ],
)  # fmt: skip
def test_a_method_is_that_of_the_class_that_is_told(matched, text, is_found):
    assert bool(matched(f"{STORES}{text}", "computed_twice")) == is_found


def test_what_a_package_hands_on_is_found_where_it_is(matched):
    pure = "def split(t):\n    return [w for w in t.split() if w]"
    text = "from package import split\ndef f(t):\n    return len(split(t)) + max(split(t))"
    others = {"package/__init__": "from .words import split\n", "package/words": pure}
    assert matched(text, "computed_twice", **others) == [3]
    others["package/__init__"] = "from .others import split\n"
    assert matched(text, "computed_twice", **others) == []


def test_every_pattern_names_a_mitigation_and_sound_numbers():
    for pattern in PATTERNS.values():
        low, likely, high = pattern.part
        assert pattern.mitigation in MITIGATIONS
        assert 0 < low <= likely <= high <= 1
        assert 0 < pattern.chance < 1
        assert pattern.effort_hours > 0
