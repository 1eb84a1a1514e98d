"""Rules that look into what is called: helpers, classes, settings, chains of constants."""

import pytest

from workbench.opportunity import Codebase, find_matches

FIND = "class NotFound(Exception):\n    pass\n"
USER = FIND + (
    "def find(users, key):\n    user = users.get(key)\n    if user is None:\n"
    "        raise NotFound(f'no {key} in {sorted(users)}')\n    return user\n"
)
LONG = USER.replace("    return user\n", "    user.n += 1\n" * 30 + "    return user\n")
FROZEN = "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass Limits:\n    n: int = 3\n    names: tuple[str, ...] = ()\n"
SPLITTER = (
    "import re\nclass Splitter:\n    def __init__(self, end):\n        self.pattern = re.compile(end)\n"
    "    def split(self, text):\n        return self.pattern.split(text)\n"
)
OPEN = "def open_ones(xs, day):\n    return [x for x in xs if x.day == day]\n"
FILLED = "def open_ones(xs):\n    out = []\n    for x in xs:\n        if x.is_open:\n            out.append(x)\n    return out\n"
RANKED = "def ranked(xs):\n    return sorted(xs, key=lambda x: x.n)\n"
KNOWN = "def known(rows) -> list[str]:\n    return load(rows)\n"

FIRES = {
    "exception_for_common": [
        f"{USER}def f(users, key):\n    try:\n        user = find(users, key)\n    except NotFound:\n        return None\n    return user.name",
        f"from contextlib import suppress\n{USER}def f(users, key):\n    with suppress(NotFound):\n        return find(users, key)\n    return None",
        "class Missing(LookupError):\n    pass\nclass Store:\n    def take_row(self, key):\n        if key not in self.rows:\n"
        "            raise Missing(key)\n        return self.rows[key]\n"
        "def f(store, key):\n    try:\n        return store.take_row(key).name\n    except LookupError:\n        return ''",
        "def pick(table, key):\n    try:\n        return table[key]\n    except KeyError:\n        raise ValueError(f'no {key}') from None\n"
        "def outer(table, key):\n    return pick(table, key) + 1\n"
        "def f(table, key):\n    try:\n        n = outer(table, key)\n    except ValueError:\n        n = 0\n    return n",
        "def pick(rows, key):\n    for row in rows:\n        if row.key == key:\n            return row\n    raise LookupError(key)\n"
        "def f(rows, key):\n    try:\n        row = pick(rows, key)\n    except LookupError:\n        row = None\n    return row",
    ],
    "made_per_item": [
        f"{FROZEN}def f(x):\n    return x.check(Limits())",
        f"{FROZEN}MOST = 9\ndef f(x):\n    limits = Limits(MOST, names=('a', 'b'))\n    return x.check(limits)",
        f"{FROZEN}def f(xs, n):\n    return [x.check(Limits(n)) for x in xs]",
        "from typing import NamedTuple\nclass Size(NamedTuple):\n    w: int = 1\nclass Box(NamedTuple):\n    size: Size\n"
        "def f(x):\n    return x.fits(Box(Size(2)))",
        f"{SPLITTER}def f(text):\n    return Splitter(',').split(text)",
        f"{SPLITTER}def f(text):\n    splitter = Splitter(end=';')\n    return splitter.split(text)",
    ],
    "list_for_one": [
        f"{OPEN}def f(xs):\n    found = open_ones(xs, 3)\n    return found[0] if found else None",
        f"{FILLED}def f(xs):\n    found = open_ones(xs)\n    if not found:\n        return None\n    return found[0]",
        f"{FILLED}def f(xs):\n    return open_ones(xs)[0].name",
        f"{OPEN}def f(xs):\n    return next(iter(open_ones(xs, 3)), None)",
        f"{OPEN}def f(xs):\n    if open_ones(xs, 3):\n        return 'open'",
        "def even(xs):\n    return list(filter(is_even, xs))\ndef f(xs):\n    for x in even(xs):\n        return x",
    ],
    "sorted_for_few": [
        "def f(xs):\n    best = sorted(xs, key=len)\n    return best[0].id, best[0].name",
        "def f(xs):\n    best = sorted(xs)\n    return best[0] if best else None",
        f"{RANKED}def f(xs):\n    best = ranked(xs)\n    if best:\n        return best[0]",
        "def f(xs):\n    mine = [x.n for x in xs]\n    mine.sort()\n    return mine[0] if mine else 0",
    ],
    "list_membership": [
        f"{KNOWN}def f(rows, xs):\n    seen = known(rows)\n    return [x for x in xs if x in seen]",
        "def ids(rows):\n    return [row.id for row in rows]\ndef f(rows, xs):\n    have = ids(rows) or []\n    for x in xs:\n        if x not in have:\n            print(x)",
        "def f(xs, allowed: 'list[str] | None' = None):\n    return [x for x in xs if x in allowed]",
        "from typing import Optional, Sequence\ndef f(xs, allowed: Optional[Sequence[int]]):\n    return sum(x in allowed for x in xs)",
        "class Rules:\n    blocked: list[str]\ndef f(rules, xs):\n    return [x for x in xs if x not in rules.blocked]",
        "class Rules:\n    blocked: tuple[str, ...]\n    def f(self, xs):\n        return any(x in self.blocked for x in xs)",
    ],
    "parsed_again": [
        "import os\ndef allowed(tag):\n    told = os.environ.get('TAGS', '')\n    return tag in frozenset(t.strip() for t in told.split(','))\n"
        "def f(tags):\n    return [t for t in tags if allowed(t)]",
        "def words(context):\n    return set((context.settings.text('words') or '').lower().split())\n"
        "def one(x, context):\n    return x in words(context)\ndef f(xs, context):\n    for x in xs:\n        print(one(x, context))",
        "class A:\n    @property\n    def blocked(self):\n        return set(self.settings['blocked'].split())",
        "import json\ndef resolve(post, info):\n    rules = json.loads(info.config['rules'])\n    return rules[post.kind]",
        "import re\nclass Handler:\n    def handle(self, text):\n        return re.compile(self.settings.pattern).sub('', text)",
        "def resolve(post, flags):\n    known = {name.strip(): True for name in flags.get('known').split(';')}\n    return post.kind in known",
    ],
    "constant_pattern": [
        "import re\nWORDS = ('a', 'b')\ndef f(text):\n    words = '|'.join(re.escape(w) for w in WORDS)\n    pattern = re.compile(rf'\\b({words})\\b')\n    return pattern.findall(text)",
        "import re\nword = r'\\w+'\ndef f(text):\n    return re.search(f'{word}!', text)",
        "import re\nEND = '!'\ndef f(text):\n    pattern = f'a+{re.escape(END)}'\n    return re.search(pattern, text)",
        "import re\nfrom words import WORDS\nclass A:\n    SIGN = '-'\n    def f(self, text):\n        both = self.SIGN + '|'.join(sorted(map(re.escape, WORDS), key=len))\n        return re.sub(both, '', text)",
    ],
    "constant_made_each_call": [
        "WORDS = ('a', 'b')\ndef f(x):\n    return x in frozenset(w.lower() for w in WORDS)",
        "from decimal import Decimal\nRATE = '1.19'\ndef f(x):\n    rate = RATE.strip()\n    return x * Decimal(rate)",
    ],
    "grown_container": [
        "def add(xs, x):\n    return [*xs, x]\ndef f(xs):\n    out = []\n    for x in xs:\n        out = add(out, x)\n    return out",
        "def add(table, key):\n    return {**table, key: 1}\ndef f(xs):\n    out = {}\n    for x in xs:\n        out = add(out, x)\n    return out",
    ],
    "grown_text": [
        "def add(text, x):\n    return text + f'{x},'\ndef f(xs):\n    out = ''\n    for x in xs:\n        out = add(out, x)\n    return out",
        "def add(x, text):\n    return f'{text}{x}'\ndef f(xs):\n    out = ''\n    for x in xs:\n        out = add(x, text=out)\n    return out",
    ],
    "deep_copy_only_read": [
        "import copy\nclass A:\n    def rules_now(self):\n        return copy.deepcopy(self.rules)\ndef f(a):\n    return len(a.rules_now())",
    ],
}

QUIET = {
    "exception_for_common": [
        f"{LONG}def f(users, key):\n    try:\n        return find(users, key)\n    except NotFound:\n        return None",
        f"{USER}def f(users, key):\n    try:\n        user = find(users, key)\n    except OSError:\n        return None\n    return user.name",
        f"{USER}def f(users, key):\n    try:\n        user = find(users, key)\n    except Exception:\n        return None\n    return user.name",
        f"{USER}def f(users, key):\n    try:\n        return find(users, key)\n    except NotFound as error:\n        return str(error)",
        f"{FIND}def find(users, n):\n    if n > 9:\n        raise NotFound(n)\n    return users\ndef f(users, n):\n    try:\n        return find(users, n)\n    except NotFound:\n        return None",
        f"from contextlib import suppress\n{USER}def f(users, key):\n    with suppress(OSError):\n        return find(users, key)\n    return None",
        f"{FIND}def find(users, key=None):\n    if key is None:\n        raise NotFound(key)\n    return users\ndef f(users, n):\n    try:\n        return find(users, n)\n    except NotFound:\n        return None",
        f"{USER}def safe(users, key):\n    try:\n        return find(users, key)\n    except NotFound:\n        print(key)\n"
        "def f(users, key):\n    try:\n        return safe(users, key)\n    except NotFound:\n        return None",
    ],
    "made_per_item": [
        f"{FROZEN}def f(x, n):\n    return x.check(Limits(n))",
        "from dataclasses import dataclass\n@dataclass\nclass Limits:\n    n: int = 3\ndef f(x):\n    return x.check(Limits())",
        "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass Limits:\n    names: list = field(default_factory=list)\ndef f(x):\n    return x.check(Limits())",
        f"{FROZEN}def f(x):\n    if x.bad:\n        raise ValueError(Limits())\n    return x",
        f"{FROZEN}class A:\n    def f(self):\n        self.limits = Limits()",
        "class Seen:\n    def __init__(self):\n        self.n = 0\n    def add(self):\n        self.n += 1\ndef f(x):\n    seen = Seen()\n    seen.add()\n    return seen.n",
        "class Plain:\n    def split(self, text):\n        return text.split()\ndef f(text):\n    return Plain().split(text)",
        "class Bag:\n    pass\ndef f(x):\n    bag = Bag()\n    bag.x = x\n    return bag",
        "import time\nclass Stamp:\n    def __init__(self):\n        self.at = time.time()\n    def age(self, now):\n        return now - self.at\ndef f(now):\n    return Stamp().age(now)",
        f"{FROZEN}def f():\n    return Limits(names=['a'])",
    ],
    "list_for_one": [
        f"{OPEN}def f(xs):\n    found = open_ones(xs, 3)\n    return found[0], found",
        f"{OPEN}def f(xs):\n    return open_ones(xs, 3)[1]",
        f"{OPEN}def f(xs):\n    return len(open_ones(xs, 3))",
        f"{OPEN}def f(x):\n    return open_ones([x], 3)[0]",
        "def sent(xs):\n    out = []\n    for x in xs:\n        x.send()\n        out.append(x)\n    return out\ndef f(xs):\n    return sent(xs)[0]",
        "def both(xs):\n    return [xs.a, xs.b]\ndef f(xs):\n    return both(xs)[0]",
        "def turned(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    out.reverse()\n    return out\ndef f(xs):\n    return turned(xs)[0]",
    ],
    "sorted_for_few": [
        "def f(xs, n):\n    best = sorted(xs)\n    return best[0], best[n:]",
        "def f(xs):\n    best = sorted(xs)\n    return best[0], len(best), best",
        f"{RANKED}def f(xs):\n    best = ranked(xs)\n    return best[0], best[len(best) // 2]",
        "def ranked(xs, flat):\n    if flat:\n        return xs\n    return sorted(xs)\ndef f(xs):\n    return ranked(xs, True)[0]",
    ],
    "list_membership": [
        "def kinds():\n    return ['a', 'b', 'c']\ndef f(xs):\n    known = kinds()\n    return [x for x in xs if x in known]",
        "def known(rows) -> set[str]:\n    return load(rows)\ndef f(rows, xs):\n    seen = known(rows)\n    return [x for x in xs if x in seen]",
        f"{KNOWN}def f(rows, x):\n    seen = known(rows)\n    return x in seen",
        f"{KNOWN}def f(rows, xs):\n    for x in xs:\n        seen = known(x)\n        if 'a' in seen:\n            print(x)",
        "class Rules:\n    blocked: list[str]\nclass Fast:\n    blocked: set[str]\ndef f(rules, xs):\n    return [x for x in xs if x not in rules.blocked]",
        "def f(xs, pair: tuple[int, int]):\n    return [x for x in xs if x in self_of(pair)]",
    ],
    "parsed_again": [
        "import os, functools\n@functools.cache\ndef allowed():\n    return frozenset(os.environ.get('TAGS', '').split(','))\ndef f(tags):\n    return [t for t in tags if t in allowed()]",
        "def f(rows):\n    return [row.get('tags').split(',') for row in rows]",
        "from functools import cached_property\nclass A:\n    @cached_property\n    def blocked(self):\n        return set(self.settings['blocked'].split())",
        "import os\ndef load_tags():\n    return os.environ['TAGS'].split(',')",
        "class A:\n    def __init__(self, settings):\n        self.words = settings.get('words').split()",
        "def f(xs, settings):\n    return [int(settings.get('most')) + x for x in xs]",
        "def f(post, name, settings):\n    return settings.get(name).split(',')",
    ],
    "constant_pattern": [
        "import re\nWORDS = ('a', 'b')\ndef f(text, end):\n    words = '|'.join(w + end for w in WORDS)\n    return re.compile(rf'\\b({words})\\b').findall(text)",
        "import re\nword = r'\\w+'\ndef turn(w):\n    global word\n    word = w\ndef f(text):\n    return re.search(f'{word}!', text)",
        "import re\ndef f(text, words):\n    parts = [re.escape(w) for w in words]\n    return re.search('|'.join(parts), text)",
        "import re\nWORDS = ('a', 'b')\ndef f(text, more):\n    words = ['a']\n    words.append(more)\n    return re.search('|'.join(words), text)",
    ],
    "constant_made_each_call": [
        "WORDS = ('a', 'b')\ndef f(x, end):\n    return x in frozenset(w + end for w in WORDS)",
        "from decimal import Decimal\ndef f(x, told):\n    rate = told.strip()\n    return x * Decimal(rate)",
    ],
    "grown_container": [
        "def add(xs, x):\n    xs.append(x)\n    return xs\ndef f(xs):\n    out = []\n    for x in xs:\n        out = add(out, x)\n    return out",
        "KEY = 'n'\ndef add(table, n):\n    return {**table, KEY: n}\ndef f(xs):\n    out = {}\n    for x in xs:\n        out = add(out, x)\n    return out",
        "def add(xs, x):\n    return [*xs, x]\ndef f(xs):\n    for x in xs:\n        out = add(xs, x)\n        print(out)",
    ],
    "grown_text": [
        "def add(text, x):\n    return x\ndef f(xs):\n    out = ''\n    for x in xs:\n        out = add(out, x)\n    return out",
        "def add(text, x):\n    return f'{text}{x}'\ndef f(xs):\n    for x in xs:\n        out = ''\n        out = add(out, x)\n        print(out)",
    ],
    "deep_copy_only_read": [
        "import copy\nclass A:\n    def rules_now(self):\n        return copy.deepcopy(self.rules)\ndef f(a):\n    rules = a.rules_now()\n    rules.append(1)\n    return rules",
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


CHAIN = """\
import re
WORDS = ('a', 'b')
def f(text):
    limit = len(text)
    words = '|'.join(re.escape(w) for w in WORDS)
    # whole words alone
    pattern = re.compile(rf'({words})')
    return pattern.findall(text)[:limit]
"""
SETTING = """\
def resolve(post, settings):
    kind = post.kind
    told = settings.get('kinds')
    known = frozenset(told.split(','))
    return kind in known
"""


@pytest.mark.parametrize(
    ("text", "pattern", "lines"),
    [
        (CHAIN, "constant_pattern", (5, 7)),
        (CHAIN.replace("# whole words alone", "limit += 1"), "constant_pattern", (7, 7)),
        (SETTING, "parsed_again", (3, 4)),
        (
            SETTING.replace("kinds')\n", "kinds')\n    kind = kind.lower()\n"),
            "parsed_again",
            (5, 5),
        ),
    ],
    ids=["chain", "chain with more in it", "setting", "setting with more in it"],
)
def test_lines_begin_where_what_is_made_does(text, pattern, lines):
    codebase = Codebase({"app.py": text}.get, ["app.py"])
    found = [(m.line, m.end_line) for _, _, m in find_matches(codebase, "app.py", {pattern})]
    assert found == [lines]
