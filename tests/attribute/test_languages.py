"""Each language has one source; lines end with the function that they are in, after a mark."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.attribute.code.grammars import LANGUAGES, language_of
from workbench.attribute.code.languages import definitions, find_spans, line_definitions
from workbench.attribute.code.trees import read_both
from workbench.attribute.code.written import MOST_BYTES
from workbench.history import MODULE

SOURCES = {
    "pkg/a.py": r"""
LIMIT = 1  #= <module>
class C:  #= <module>
    @wraps  #= C.f
    def f(self):  #= C.f
        g = lambda: 1  #= C.f
        # nothing
        def inner():  #= C.f.<locals>.inner
            return 1  #= C.f.<locals>.inner
""",
    "pkg/newer.py": r"""
type Row = dict[str, int]  #= <module>
class C[T]:  #= <module>
    @wraps  #= C.f
    @other(1)  #= C.f
    async def f[U](self):  #= C.f
        g = lambda: f"{"1"}"  #= C.f
        # nothing
        def inner():  #= C.f.<locals>.inner
            return 1  #= C.f.<locals>.inner
    class D:  #= <module>
        def g(self):  #= C.D.g
            return 2  #= C.D.g
""",
    "db/store.go": r"""
package store  //= <module>
var limit = 3  //= <module>
// Get is documented.
func (s *Store[K]) Get(k K) int {  //= store.(*Store).Get
    go func() {  //= store.(*Store).Get
        work()  //= store.(*Store).Get
    }()  //= store.(*Store).Get
    /* a
       b */
    return 1 /* c */  //= store.(*Store).Get
}  //= store.(*Store).Get
func (Store) ByValue() {}  //= store.Store.ByValue
func Map[K comparable, V any](m map[K]V) {  //= store.Map
}  //= store.Map
var f = func() { work() }  //= <module>
""",
    "src/com/foo/Bar.java": r"""
package com.foo;  //= <module>
/** A class. */
class Bar {  //= <module>
    static int limit = 3;  //= <module>
    static { limit = 4; }  //= com.foo.Bar.<clinit>
    Bar(int x) { this.x = x; }  //= com.foo.Bar.<init>
    @Override  //= com.foo.Bar.run
    public <T> void run() {  //= com.foo.Bar.run
        list.forEach(x -> {  //= com.foo.Bar.run
            use(x);  //= com.foo.Bar.run
        });  //= com.foo.Bar.run
        submit(new Task() {  //= com.foo.Bar.run
            void go() {  //= com.foo.Bar$1.go
            }  //= com.foo.Bar$1.go
        });  //= com.foo.Bar.run
        class Local {  //= com.foo.Bar.run
            void m() {}  //= com.foo.Bar$1Local.m
        }  //= com.foo.Bar.run
    }  //= com.foo.Bar.run
    class Inner { class Deep {  //= <module>
        int f() { return 1; }  //= com.foo.Bar$Inner$Deep.f
    } }  //= <module>
    abstract void none();  //= <module>
}  //= <module>
interface I { default int d() { return 1; } }  //= com.foo.I.d
enum E { A { int f() { return 1; } } }  //= com.foo.E$1.f
record R(int x) { R { } }  //= com.foo.R.<init>
""",
    "src/a.c": r"""
#include <stdio.h>  //= <module>
static int limit = 3;  //= <module>
int declared(void);  //= <module>
static struct foo *  //= make
make(int a)  //= make
{  //= make
    // nothing
    return 0;  //= make
}  //= make
int (*pick(int a))(int) { return 0; }  //= pick
""",
    "src/a.cc": r"""
namespace a::b {  //= <module>
template <typename T>  //= a::b::max
T max(T x, T y) { return x; }  //= a::b::max
template <class T>  //= <module>
struct S<T*> {  //= <module>
    // nothing
    T& get() const { return x; }  //= a::b::S::get
    operator bool() const { return true; }  //= a::b::S::operator bool
    ~S() {}  //= a::b::S::~S
    S() = default;  //= <module>
    void operator()(int) {  //= a::b::S::operator()
        auto f = [this](int x) {  //= a::b::S::operator()
            return x;  //= a::b::S::operator()
        };  //= a::b::S::operator()
    }  //= a::b::S::operator()
    bool operator<(S o) { return true; }  //= a::b::S::operator<
};  //= <module>
namespace {  //= <module>
int hidden() { return 1; }  //= a::b::hidden
}  //= <module>
}  //= <module>
template <class T>  //= a::b::S::set
void a::b::S<T>::set(std::vector<int> x) {  //= a::b::S::set
    struct L { void m() {} };  //= a::b::S::set::L::m
}  //= a::b::S::set
extern "C" { int c_one() { return 1; } }  //= c_one
""",
    "src/net/http.rs": r"""
const LIMIT: i32 = 3;  //= <module>
#[inline]  //= net::http::get
// said of get
#[must_use]  //= net::http::get
pub fn get() -> i32 {  //= net::http::get
    let f = |x| {  //= net::http::get
        x + 1  //= net::http::get
    };  //= net::http::get
    fn inner() {}  //= net::http::get::inner
    1  //= net::http::get
}  //= net::http::get
#[derive(Debug)]  //= <module>
struct S;  //= <module>
impl<'a, T: X> fmt::Display for &'a Foo<T> {  //= <module>
    fn fmt(&self) {}  //= net::http::Foo::fmt
}  //= <module>
trait Tr {  //= <module>
    fn given(&self) {}  //= net::http::Tr::given
    fn wanted(&self);  //= <module>
}  //= <module>
mod tests {  //= <module>
    fn t() {}  //= net::http::tests::t
}  //= <module>
""",
    "lib/a.js": r"""
const limit = 3;  //= <module>
class A {  //= <module>
    constructor() {}  //= A
    get size() { return 1; }  //= A.size
    #hidden = () => 1;  //= A.#hidden
    run() {  //= A.run
        list.map((x) => {  //= A.run
            return x;  //= A.run
        });  //= A.run
    }  //= A.run
}  //= <module>
const f = async (x) => {  //= f
    function inner() {  //= f.inner
    }  //= f.inner
};  //= f
const g = function named() {};  //= named
exports.h = function () {};  //= h
module.exports.k = () => 1;  //= k
A.prototype.late = function () {};  //= A.late
const api = {  //= <module>
    get() {},  //= api.get
    'post': function () {},  //= api.post
};  //= <module>
(function () {  //= <module>
    function iife() {}  //= iife
})();  //= <module>
use(function named2() {});  //= named2
function* gen() {}  //= gen
x['computed'] = () => 1;  //= <module>
export default function () {}  //= default
""",
    "lib/a.ts": r"""
namespace N {  //= <module>
    export abstract class A<T> {  //= <module>
        @dec()  //= N.A.m
        private m(): T { return 1; }  //= N.A.m
        f = (x: number) => x;  //= N.A.f
        abstract z(): void;  //= <module>
    }  //= <module>
}  //= <module>
function over(a: string): void;  //= <module>
function over(a: any) {}  //= over
""",
    "lib/a.tsx": r"""
export const View: React.FC = (props) => {  //= View
    return <div onClick={() => 1} />;  //= View
};  //= View
""",
    "lib/a.php": r"""
<?php  //= <module>
namespace A\B;  //= <module>
#[Attribute]  //= A\B\f
function f() {  //= A\B\f
    $g = function () {  //= A\B\f
        return 1;  //= A\B\f
    };  //= A\B\f
    $x = new class {  //= A\B\f
        function m() {}  //= A\B\class@anonymous::m
    };  //= A\B\f
}  //= A\B\f
trait T { function t() {} }  //= A\B\T::t
abstract class C {  //= <module>
    /* nothing */
    public static function make() {  //= A\B\C::make
    }  //= A\B\C::make
    abstract function z();  //= <module>
}  //= <module>
""",
    "lib/a.hack": r"""
namespace A;  //= <module>
async function f(vec<dict<string, int>> $x): Awaitable<int> {  //= A\f
    return 1;  //= A\f
}  //= A\f
class D<T> { public function e(): int { return 1; } }  //= A\D::e
""",
    "lib/old.php": r"""<?hh  //= <module>
function f(vec<int> $x): void {  //= f
}  //= f
""",
}
MARK = re.compile(r"\s*(?://|#)= (.*)$")


def read(path):
    """Source of a language, and the function that each of its lines is in."""
    lines = SOURCES[path].split("\n")
    marks = [MARK.search(line) for line in lines]
    return "\n".join(MARK.sub("", line) for line in lines), [m[1] if m else "" for m in marks]


each_source = pytest.mark.parametrize("path", SOURCES)


@each_source
def test_each_line_has_its_innermost_function(path):
    text, expected = read(path)
    found = line_definitions(text, path)
    wrong = [
        (n, line, is_, want)
        for n, (line, is_, want) in enumerate(zip(text.split("\n"), found, expected, strict=True))
        if is_ != want
    ]
    assert not wrong


@each_source
def test_definitions_are_those_of_the_lines(path):
    text, expected = read(path)
    found = definitions(text, path)
    assert {d.name for d in found} == set(expected) - {"", MODULE}
    assert {d.path for d in found} == {path}
    assert len({d.language for d in found}) == 1
    assert found == definitions(text.encode(), path)


@each_source
def test_two_versions_read_at_once_are_as_if_read_alone(path):
    text, _ = read(path)
    for before, after in ((text, text.replace("1", "one2")), (text[: len(text) // 2], text)):
        alone = find_spans(before, language_of(path)), find_spans(after + "\n", language_of(path))
        read_both(before, after + "\n", path)
        both = find_spans(before, language_of(path)), find_spans(after + "\n", language_of(path))
        assert both == alone


def test_every_language_has_a_source():
    assert {language_of(path) for path in SOURCES} == {row.name for row in LANGUAGES} | {"python"}


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("src/lib.rs", ""), ("src/main.rs", ""), ("src/a/mod.rs", "a::"), ("src/a/b.rs", "a::b::"),
        ("crates/x/src/a.rs", "a::"), ("tests/it.rs", ""), ("src/bin/tool.rs", ""), ("build.rs", ""),
        ("loose.rs", "loose::"),
    ],
)  # fmt: skip
def test_a_rust_file_is_a_module(path, module):
    assert [d.name for d in definitions("fn f() {}", path)] == [f"{module}f"]


@pytest.mark.parametrize(
    ("path", "language"),
    [("a.H", "cpp"), ("a.cu", "cpp"), ("x/a.mjs", "javascript"), ("a.tsx", "tsx"), ("go", None),
     ("a.txt", None), ("x.go/a", None), (".py", "python"), ("", None)],
)  # fmt: skip
def test_a_language_is_told_by_the_ending(path, language):
    assert language_of(path) == language


def test_a_class_within_a_template_does_not_begin_its_first_function():
    text = "template <class T>\nstruct S {\n  // note\n  void f() {}\n};\n"
    assert definitions(text, "a.cc") == [("S::f", "a.cc", 3, 4, "cpp")]


def test_macros_of_exports_do_not_hide_classes():
    text = (
        "namespace n {\nLIB_BEGIN_VERSION\n/** doc */\ntemplate <class T>\nclass LIB_API Foo : Base<T> {\n"
        "  int f() { return 1; }\n};\nstruct LIB_API\nBar {\n  int g() { return 1; }\n};\nstruct FOO make(int x) {\n}\n"
        "LIB_END_VERSION\n}\n"
    )
    assert [d.name for d in definitions(text, "a.h")] == ["n::Foo::f", "n::Bar::g", "n::make"]


def test_what_parses_in_part_gives_that_part():
    text = "package p\nfunc a() {\n}\n) ] x = = 1\nfunc b() {\n}\n"
    assert {"p.a", "p.b"} <= {d.name for d in definitions(text, "a.go")}


# what means harm

HOSTILE = {
    "binary": b"\x7fELF\0\0func f() {}",
    "not unicode": b"// \xff\xfe\nfunction f() { }\n\xe9\n",
    "open": b"(" * 100_000,
    "deep": b"[" * 50_000 + b"]" * 50_000,
    "blocks": b"{" * 100_000,
    "angles": b"a<" * 100_000,
    "angles on lines": b"a<\n" * 30_000,
    "ifs": b"if(1)" * 20_000,
    "minified": b"function f(){return 1};" * 200_000,
    "one long line": b"var a=" + b"1+" * 100_000 + b"1",
    "not": b"!\n" * 60_000,
    "functions": b"function f() { " * 400 + b"}" * 400,
    "long sum": b"x = 1" + b" + \\\n1" * 30_000,
    "long call": b"x = f" + b"(\n1)" * 10_000,
    "long chain": b"x = a" + b".\\\nb" * 30_000,
    "else ifs": b"if x:\n  pass\n" + b"elif x:\n  pass\n" * 3_000,
    "quotes": b"'\"`" * 100_000,
    "nothing": b"",
    "huge": b"int f() { return 1; }\n" * (MOST_BYTES // 20),
}  # fmt: skip


ENDINGS = {row.name: f"a{row.endings[0]}" for row in LANGUAGES} | {"python": "a.py"}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("language", ENDINGS)
def test_a_hostile_source_is_no_error_and_takes_no_time(what, language):
    begun = time.process_time()
    spans = find_spans(HOSTILE[what], language)
    line_definitions(HOSTILE[what].decode("utf-8", "surrogateescape"), ENDINGS[language])
    n_lines = HOSTILE[what].count(b"\n") + 1
    assert all(0 <= span.start < span.end <= n_lines for span in spans)
    assert time.process_time() - begun < 12


def test_a_script_made_by_a_program_has_no_functions_and_its_lines_no_names():
    text = "function f(){return 1};" * 220_000
    assert len(text) > 5_000_000
    assert definitions(text, "a.min.js") == []
    assert line_definitions(text, "a.min.js") == [MODULE]


def test_one_long_line_does_not_hide_the_functions_around_it():
    body = "function f() {\n  return 1;\n}\n" * 1000
    assert len(definitions(f"{body}const data = '{'x' * 12_000}';\n", "a.js")) == 1000


def test_what_is_not_unicode_does_not_hide_functions():
    assert [d.name for d in definitions(b"# caf\xe9\ndef f(): pass\n", "a.py")] == ["f"]
    assert [d.name for d in definitions(b"// caf\xe9\nfunc f() {}\n", "a.go")] == ["f"]


# laws

FRAGMENTS = [
    "package p\n", "func f() {\n", "}\n", "x := 1\n", "// note\n", "/*", "*/", "\n", "class A {\n",
    "def f():\n", "    pass\n", "fn g() {", "impl T {\n", "#[a]\n", "namespace N {\n", "int h(int a) {",
    "function k() {", "const z = () => {\n", "<?php\n", "@x\n", "'", '"', "é", "\r\n", "\udcff", "(", ")",
    "template <class T>\n", "static {", "new A() {\n", ";",
]  # fmt: skip


@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join), st.sampled_from(list(SOURCES))
)
def test_definitions_are_within_the_file_and_nested_or_apart(text, path):
    found = definitions(text, path)
    n_lines = len(text.split("\n"))
    assert len(line_definitions(text, path)) == n_lines
    assert all(0 <= d.start < d.end <= n_lines for d in found)
    ordered = [(d.start, -d.end) for d in found]
    assert ordered == sorted(ordered)
    for i, outer in enumerate(found):
        for inner in found[i + 1 :]:
            is_apart = inner.start >= outer.end - 1
            assert is_apart or inner.end <= outer.end, (outer, inner)


@given(
    st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join), st.sampled_from(list(SOURCES))
)
def test_a_line_has_the_name_of_a_definition_that_it_is_in(text, path):
    found = definitions(text, path)
    for number, name in enumerate(line_definitions(text, path)):
        around = {d.name for d in found if d.start <= number < d.end}
        assert name in around or name == "" or (name == MODULE and not around)
