"""Which recorded functions a change could have acted on."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from workbench.attribute import Code
from workbench.attribute.touched import touched
from workbench.history import Commit, Hunk
from workbench.types import Change, Function

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RANK, SEND = Function("rank", "svc/rank.py"), Function("send", "svc/send.py")
ENCODE, OTHER = Function("encode", "wire_fmt/core.py"), Function("other", "lib/core.py")
RECORDED = {function: number for number, function in enumerate((RANK, SEND, ENCODE, OTHER))}


def code(*hunks):
    return Code(
        texts={RANK: "def rank(rows):\n    return rows[:LIMIT]", SEND: "def send():\n    flags['fast_path']"},
        outside={"svc/rank.py": "LIMIT = 10\n", "svc/send.py": "from svc.rank import rank\n"},
        commits={"c1": Commit("c1", "", "", "", NOON, hunks)},
    )  # fmt: skip


def names(change, code):
    numbers = touched(change, code, RECORDED)
    return {function.name for function, number in RECORDED.items() if number in numbers}


def test_a_commit_acts_on_the_functions_it_touched(change):
    assert names(change("c1", "rank", "unseen", file="svc/rank.py"), code()) == {"rank"}


def test_a_constant_acts_on_those_that_read_it(change):
    hunk = Hunk("svc/rank.py", 0, ("LIMIT = 10\n",), ("LIMIT = 99\n",))
    assert names(change("c1", "<module>", file="svc/rank.py"), code(hunk)) == {"rank"}


def test_an_import_from_elsewhere_acts_on_those_that_use_it(change):
    lines = ("from svc.rank import flags\n",), ("from svc.slow import flags\n",)
    here, there = (Hunk(path, 0, *lines) for path in ("svc/send.py", "svc/other.py"))
    for hunk, expected in ((here, {"send"}), (there, set())):
        assert names(change("c1", "<module>", file=hunk.path), code(hunk)) == expected


def test_a_constant_of_the_same_name_elsewhere_acts_on_nobody_here(change):
    hunk = Hunk("svc/other.py", 0, ("LIMIT = 10\n",), ("LIMIT = 99\n",))
    assert names(change("c1", "<module>", file="svc/other.py"), code(hunk)) == set()


@pytest.mark.parametrize("key", ["fast_path", "fast-path", "fast.path", "FAST_PATH"])
def test_a_flag_acts_on_those_that_read_it(change, key):
    assert names(change("F-1", kind="flag", key=key), code()) == {"send"}
    assert names(change("F-1", kind="flag", key="path"), code()) == set()


def test_a_flag_held_by_a_constant_is_read_through_it(change):
    known = code()
    known.outside["svc/rank.py"] = 'LIMIT = settings["top_n"]\n'
    assert names(change("F-1", kind="config", key="top_n"), known) == {"rank"}


SETTINGS = [
    ("config/flags.json", '  "fast_path": 0.0,', '  "fast_path": 1.0'),
    ("app.toml", "fast_path = false", "fast_path = true"),
    ("app.yaml", "  fast-path: 1", "  fast-path: 2"),
    ("app.properties", "fast.path=1", "fast.path=2"),
]


@pytest.mark.parametrize(("path", "before", "after"), SETTINGS)
def test_a_file_of_settings_acts_on_those_that_read_them(change, path, before, after):
    hunk = Hunk(path, 0, (f"{before}\n",), (f"{after}\n",))
    assert names(change("c1"), code(hunk)) == {"send"}
    same = Hunk(path, 0, (f"{before}\n",), (f"{before} \n",))
    assert names(change("c1"), code(same)) == set()
    assert names(change("c1"), code(replace(hunk, path=f"tests/{path}"))) == set()


def test_a_part_of_a_constant_acts_on_those_that_read_it(change):
    known = code(Hunk("svc/rank.py", 2, ("    '(a+)+b',\n",), ("    'a+b',\n",)))
    known.outside["svc/rank.py"] = "import re\n\nLIMIT = re.compile(\n    'a+b',\n)\nOTHER = 1\n"
    assert names(change("c1", "<module>", file="svc/rank.py"), known) == {"rank"}


def test_a_setting_acts_on_what_is_made_with_it(change):
    known = code()
    known.texts[Function("App.__init__", "svc/app.py")] = (
        "def __init__(self):\n    self.log = Log(\n        Sampler(settings['log_rate']),\n    )\n    self.n = Other()"
    )
    methods = [Function(f"{name}.run", "svc/parts.py") for name in ("Log", "Sampler", "Other")]
    known.texts.update(dict.fromkeys(methods, "def run(self): pass"))
    recorded = {function: number for number, function in enumerate(methods)}
    setting = change("S-1", kind="config", key="log_rate")
    assert touched(setting, known, recorded) == {0, 1}
    started = {**recorded, Function("App.__init__", "svc/app.py"): 3}  # it was seen to run itself
    assert touched(setting, known, started) == {3}


@pytest.mark.parametrize(
    ("made", "users"),
    [
        ("posts=Cache(s['post_size'])", {"load"}),
        ("posts = caching.Cache(size=s['post_size'])", {"load"}),
        ("self._posts: Cache = Cache(s['post_size'])", {"load"}),
        ("Caches(users=Cache(10), posts=make(s['post_size']))", {"get"}),  # whose is not known
        ("users = Cache(1); posts = Cache(s['post_size'])", {"load"}),
    ],
)
def test_what_is_made_with_a_setting_has_the_name_that_it_is_given(change, made, users):
    texts = {"build": made, "load": "c.posts.get(n)", "sign_in": "c.users.get(n)"}
    functions = {Function(name, "a.py"): text for name, text in texts.items()}
    functions[Function("Cache.get", "a.py")] = "return self.rows[n]"
    functions[Function("Caches.get", "a.py")] = "return self"
    numbers = {f: i for i, f in enumerate(f for f in functions if f.name != "build")}
    found = touched(change("S", kind="config", key="post_size"), Code(functions), numbers)
    assert {f.name.rpartition(".")[2] for f, i in numbers.items() if i in found} == users


CACHES = """def build(settings):
    return Caches(
        users=Cache(settings["user_size"]),
        posts=Cache("posts", settings["post_size"]),
    )"""


def test_a_setting_acts_on_those_that_call_what_is_made_with_it(change):
    known = code()
    known.texts[Function("build", "svc/caches.py")] = CACHES
    users = {
        Function("load", "svc/posts.py"): "def load(c, n):\n    return c.posts.get(n)",
        Function("sign_in", "svc/users.py"): "def sign_in(c, n):\n    return c.users.get(n)",
        Function("Cache.get", "svc/caches.py"): "def get(self, n):\n    return self.rows[n]",
    }
    known.texts.update(users)
    recorded = {function: number for number, function in enumerate(users)}
    setting = change("S-1", kind="config", key="post_size")
    assert touched(setting, known, recorded) == {0}
    method = Function("Cache.get", "svc/caches.py")
    assert touched(setting, known, {method: 2}) == {2}  # nobody who calls it was seen


@pytest.mark.parametrize("text", ['n = s[f"{kind}_cache_size"]', "n = s[`${kind}-cache-size`]"])
def test_a_setting_is_read_by_a_name_that_is_filled_in(change, text):
    known = Code({Function("build", "a.py"): text, Function("other", "a.py"): 's[f"{x}_size"]'})
    setting = change("S-1", kind="config", key="post_cache_size")
    assert touched(setting, known, {f: i for i, f in enumerate(known.texts)}) == {0}


def test_a_dependency_acts_on_the_functions_of_its_package(change):
    assert names(change("d", kind="dependency", key="wire-fmt"), code()) == {"encode"}
    pins = Hunk("requirements.txt", 0, ("wire-fmt==1.0\n",), ("wire-fmt==1.1\n",))
    assert names(change("c1"), code(pins)) == {"encode"}


IN_PACKAGES = [
    ("wire-fmt", "wire_fmt/core.py"),
    ("wire-fmt", "/usr/lib/python3/site-packages/wire_fmt/core.py"),
    ("codec", "codec.py"),
    ("github.com/a/b", "github.com/a/b@v1.2.0/x.go"),
    ("github.com/a/b", "/root/go/pkg/mod/github.com/a/b@v1.2.0/sub/x.go"),
    ("github.com/a/b/v2", "vendor/github.com/a/b/v2/x.go"),
    ("gopkg.in/yaml.v2", "/root/go/pkg/mod/gopkg.in/yaml.v2@v2.4.0/decode.go"),
    ("serde", "/root/.cargo/registry/src/index-6f17d22bba15001f/serde-1.0.1/src/lib.rs"),
    ("left", "node_modules/left/index.js"),
    ("@babel/core", "app/node_modules/@babel/core/lib/index.js"),
]
ELSEWHERE = [
    ("@babel/core", "svc/core/rank.js"),
    ("github.com/acme/http", "net/http/server.go"),
    ("core", "svc/core/rank.py"),
    ("codec", "svc/codec.py"),
    ("serde", "src/serde/lib.rs"),
]


def is_of(package, file):
    recorded = {Function("f", file): 0}
    return bool(
        touched(Change("d", "", "", "", NOON, kind="dependency", key=package), Code(), recorded)
    )


@pytest.mark.parametrize(("package", "file"), IN_PACKAGES)
def test_the_files_of_a_package_are_known_by_their_paths(package, file):
    assert is_of(package, file)


@pytest.mark.parametrize(("package", "file"), ELSEWHERE)
def test_a_folder_of_the_application_is_no_package(package, file):
    assert not is_of(package, file)


@pytest.mark.parametrize("key", ["", "---", "флаг"])
def test_a_key_that_no_code_can_hold_acts_on_nobody(change, key):
    assert names(change("F-1", kind="flag", key=key), code()) == set()
    assert names(change("d", kind="dependency", key=key), code()) == set()
