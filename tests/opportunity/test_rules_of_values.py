"""Rules about values: copies, parsing, constants, round trips."""

import pytest

FIRES = {
    "deep_copy_only_read": [
        "import copy\ndef f(post):\n    mine = copy.deepcopy(post)\n    return len(mine)",
        "from copy import deepcopy\ndef f(row):\n    mine = deepcopy(row)\n    return mine['a'] + mine['b'] > 3",
        "import copy\ndef f(row):\n    mine = copy.deepcopy(row)\n    mine['seen'] = True\n    if mine['a'] == 2: return 1",
    ],
    "deep_copy_handed_on": [
        "import copy\ndef f(self):\n    return copy.deepcopy(self.settings)",
        "from dataclasses import asdict\ndef f(post):\n    return asdict(post)",
        "import copy\ndef f(rows, g):\n    return g(copy.deepcopy(rows))",
    ],
    "copy_only_read": [
        "def f(items: list):\n    for x in list(items):\n        print(x)",
        "def f(table, out):\n    for k in list(table.keys()):\n        out.append(k)",
        "def f(rows):\n    for r in rows[:]:\n        print(r)",
    ],
    "container_round_trip": [
        "def f(xs):\n    return set(list(xs))",
        "def f(xs):\n    return sorted(list(xs))",
        "def f(xs):\n    return set([x.id for x in xs])",
    ],
    "list_for_a_loop": [
        "def f(xs, g):\n    for x in [g(y) for y in xs]:\n        print(x)",
        "def f(xs, g):\n    for x in list(map(g, xs)):\n        print(x)",
        "def f(xs, g):\n    return dict(zip([g(x) for x in xs], xs)) or enumerate([x for x in xs])",
    ],
    "constant_pattern": [
        "import re\ndef f(text):\n    return re.compile(r'\\d+').findall(text)",
        "import re\nWORD = r'\\w+'\ndef f(text):\n    return re.sub(WORD, '', text)",
        "import re\ndef f(words, text):\n    return [re.search(r'\\b' + w, text) for w in words]",
    ],
    "plain_pattern": [
        "import re\ndef f(text):\n    return re.sub('abc', 'x', text)",
        "import re\ndef f(text):\n    if re.search('needle', text):\n        return 1",
        "import re\nCOMMA = re.compile(',')\ndef f(text):\n    return COMMA.split(text)",
    ],
    "constant_made_each_call": [
        "from decimal import Decimal\ndef f(x):\n    return x * Decimal('1.19')",
        "import struct\ndef f(data):\n    return struct.Struct('<IH').unpack(data)",
        "from datetime import timedelta\nDAYS = 3\ndef f(t):\n    return t + timedelta(days=DAYS)",
    ],
    "table_made_each_call": [
        "def f(k):\n    names = {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5}\n    return names.get(k)",
        "def f(k):\n    return {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5}[k]",
        "WORDS = ['a', 'b']\ndef f(t):\n    known = {w.lower() for w in WORDS}\n    return t in known",
    ],
    "parsed_again": [
        "import json\ndef f(text, ks):\n    return [json.loads(text)[k] for k in ks]",
        "import json\ndef f(text):\n    a = json.loads(text)['a']\n    return a + json.loads(text)['b']",
        "from urllib.parse import urlparse\nclass A:\n    def host(self):\n        return urlparse(self.url).netloc",
    ],
    "file_read_each_call": [
        "import json\nPATH = 'a.json'\ndef f(k):\n    with open(PATH) as file:\n        return json.load(file)[k]",
        "FOLDER = make()\ndef f(name):\n    return (FOLDER / name).read_text()",
    ],
    "same_question_each_call": [
        "def rules(n):\n    return [i * i for i in range(n)]\ndef f(x):\n    return x in rules(100)",
        "def load(name):\n    with open(name) as file:\n        return file.read()\ndef f(x):\n    return x in load('words')",
    ],
    "round_trip": [
        "import json\ndef f(x):\n    return json.loads(json.dumps(x))",
        "import json\ndef f(x):\n    text = json.dumps(x)\n    return json.loads(text)",
        "def f(x):\n    return x.encode('utf-8').decode('utf-8')",
        "from datetime import datetime\ndef f(t):\n    return datetime.fromisoformat(t.isoformat())",
    ],
}

QUIET = {
    "deep_copy_only_read": [
        "import copy\ndef f(post):\n    mine = copy.deepcopy(post)\n    mine['a']['b'] = 1\n    return mine",
        "import copy\ndef f(post):\n    mine = copy.deepcopy(post)\n    mine.tags.append(1)\n    return mine.tags",
        "import copy\ndef f(post, g):\n    mine = copy.deepcopy(post)\n    g(mine)\n    return len(mine)",
        "import copy\ndef f(post):\n    mine = copy.deepcopy(post)\n    for part in mine:\n        part.n = 1",
    ],
    "deep_copy_handed_on": [
        "import copy\ndef f(row):\n    mine = copy.deepcopy(row)\n    mine['a']['b'] = 1\n    return mine",
        "import copy\ndef f():\n    return copy.deepcopy({'a': []})",
        "def asdict(x):\n    return x\ndef f(post):\n    return asdict(post)",
    ],
    "copy_only_read": [
        "def f(items: list):\n    for x in list(items):\n        items.remove(x)",
        "def f(table):\n    for k in list(table):\n        del table[k]",
        "class A:\n    def f(self):\n        for k in list(self.table.keys()):\n            self.drop(k)",
        "def f(words):\n    for w in set(words):\n        print(w)",
        "async def f(items: list):\n    for x in list(items):\n        await x",
    ],
    "container_round_trip": [
        "def f(xs):\n    return list(set(xs))",
        "def f(xs):\n    return list(tuple_of(xs))",
        "def f(xs):\n    return sorted(set(xs))",
    ],
    "list_for_a_loop": [
        "def f(xs, g):\n    ys = [g(y) for y in xs]\n    for y in ys:\n        print(y)\n    return ys",
        "def f(xs, g):\n    return ', '.join([g(x) for x in xs])",
        "def f(xs):\n    for x in list(xs):\n        xs.drop(x)",
    ],
    "constant_pattern": [
        "import re\nNUMBER = re.compile(r'\\d+')\ndef f(text):\n    return NUMBER.findall(text)",
        "import re\nclass A:\n    def __init__(self, p):\n        self.p = re.compile(p)",
        "import re\ndef f(pattern):\n    return re.compile(pattern)",
        "import re\nCACHE = {}\ndef f(p):\n    CACHE[p] = re.compile('a' + 'b')",
    ],
    "plain_pattern": [
        "import re\ndef f(text):\n    return re.sub('a.c', 'x', text)",
        "import re\ndef f(text):\n    return re.search('needle', text).start()",
        "import re\ndef f(text, g):\n    return re.sub('abc', g(text), text)",
    ],
    "constant_made_each_call": [
        "from decimal import Decimal\ndef f(x):\n    return Decimal(x)",
        "from decimal import Decimal\nRATE = Decimal('1.19')\ndef f(x):\n    return x * RATE",
        "from datetime import timedelta\ndef f(t, days):\n    return t + timedelta(days=days)",
    ],
    "table_made_each_call": [
        "def f(k):\n    return k in {'a', 'b', 'c', 'd', 'e'}",
        "def f(k):\n    row = {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5}\n    row['f'] = k\n    return row",
        "def f():\n    return {'a': 1, 'b': 2, 'c': 3, 'd': 4, 'e': 5}",
        "def f(k):\n    return {'a': 1, 'b': 2}[k]",
    ],
    "parsed_again": [
        "import json\ndef f(texts):\n    return [json.loads(t) for t in texts]",
        "import json\ndef f(text, plain):\n    if plain:\n        return json.loads(text)\n    else:\n        return [json.loads(text)]",
        "from urllib.parse import urlparse\nclass A:\n    def __init__(self, url):\n        self.url = url\n        self.host = urlparse(self.url)",
        "import json\ndef f(text, g):\n    a = json.loads(text)\n    text = g(text)\n    return a, json.loads(text)",
    ],
    "file_read_each_call": [
        "def f(path):\n    with open(path) as file:\n        return file.read()",
        "PATH = 'a'\nDATA = None\ndef f():\n    global DATA\n    DATA = open(PATH).read()",
        "PATH = 'a'\ndef f(x):\n    with open(PATH, 'w') as file:\n        file.write(x)",
        "import functools\nPATH = 'a'\n@functools.cache\ndef f():\n    return open(PATH).read()",
    ],
    "same_question_each_call": [
        "def note(name):\n    with open(name, 'a') as file:\n        return file.write(name)\ndef f(x):\n    return x, note('words')",
        "def rules(n):\n    return [i * i for i in range(n)]\ndef f(n):\n    return rules(n)",
        "import time\ndef stamp(n):\n    return [time.time() for _ in range(n)]\ndef f():\n    return stamp(3)",
        "import functools\n@functools.cache\ndef rules(n):\n    return [i * i for i in range(n)]\ndef f(x):\n    return x in rules(100)",
        "def name(n):\n    return n + 1\ndef f(x):\n    return x + name(3)",
    ],
    "round_trip": [
        "import json\ndef f(x):\n    return json.loads(x), json.dumps(x)",
        "import json\ndef f(x, log):\n    text = json.dumps(x)\n    log(text)\n    return json.loads(text)",
        "def f(x):\n    return int(str(x))",
        "def f(x):\n    return ' '.join(x.split())",
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
