"""How profiles name functions, and which definitions these are."""

import time

import pytest

from workbench.attribute import CodeMap, Definition
from workbench.attribute.code.languages import definitions
from workbench.attribute.code.names import readings
from workbench.types import Function

FILES = {
    "src/shop/cart.py": (
        "def total(): pass\nclass Cart:\n    def add(self):\n        f = [lambda: 1]\n"
        "        def inner(): pass\n    def run(self): pass\n"
    ),
    "src/shop/order.py": "def total(): pass\nclass Order:\n    def run(self): pass\n",
    "src/shop/__init__.py": "def start(): pass\n",
    "pkg/store/store.go": (
        "package store\nfunc (s *Store) Get() {}\nfunc (s *Store) Put() {}\nfunc Open() {}\n"
        "func Map[K any](k K) {}\nfunc init() {}\n"
    ),
    "pkg/other/get.go": "package other\nfunc (s *Store) Get() {}\nfunc Open() {}\n",
    "root.go": "package badger\nfunc Backup() {}\n",
    "cmd/tool/main.go": "package main\nfunc main() { }\n",
    "java/com/foo/Bar.java": (
        "package com.foo;\nclass Bar { Bar() {} void run() { }\n class Inner { void run() {} void x() {} }\n"
        "void m() { new T() { void go() {} }; } }\n"
    ),
    "java/com/baz/Bar.java": "package com.baz;\nclass Bar { void run() {}\n}\n",
    "native/a.cc": (
        "namespace a {\ntemplate <class T> struct b { void c(int) {}\n bool operator==(b o) { return 1; }\n"
        "~b() {} };\nint free_one(int x) { return x; }\nnamespace { int hidden() { return 1; } }\n}\n"
    ),
    "native/util.c": "static int helper(int a) { return a; }\nint only_c(void) { return 1; }\n",
    "native/more.c": "static int helper(int a) { return a + 1; }\n",
    "crates/net/src/http.rs": (
        "fn get() {}\nstruct T;\nimpl Display for T { fn fmt(&self) {} }\ntrait Tr { fn given(&self) {} }\n"
        "impl T { fn only(&self) {} }\nimpl Tr for Vec<u8> { fn more(&self) {} }\n"
    ),
    "crates/disk/src/http.rs": "fn get() {}\n",
    "web/app.js": (
        "class View {\n  draw() { }\n}\nfunction f() {\n  return [1].map(() => {\n    return 2;\n  });\n}\n"
        "const api = { load() {} };\nasync function load2() {}\n"
    ),
    "web/util.ts": "export const debounce = () => 1;\n",
    "php/Cart.php": "<?php\nnamespace Shop;\nclass Cart { function add() {} }\nfunction total() {}\n",
}
TABLE = [
    # Python: file absolute, relative to an import root, installed, or the last part alone
    ("Cart.add", "/home/ci/build/src/shop/cart.py", "src/shop/cart.py Cart.add"),
    ("Cart.add", "shop/cart.py", "src/shop/cart.py Cart.add"),
    ("Cart.add", "/venv/lib/python3.11/site-packages/shop/cart.py", "src/shop/cart.py Cart.add"),
    ("Cart.add", "cart.py", "src/shop/cart.py Cart.add"),
    ("Cart.add", "C:\\build\\src\\shop\\cart.py", "src/shop/cart.py Cart.add"),
    ("add", "shop/cart.py", "src/shop/cart.py Cart.add"),
    ("total", "shop/order.py", "src/shop/order.py total"),
    ("Cart.add.<locals>.<lambda>", "shop/cart.py", "src/shop/cart.py Cart.add"),
    ("Cart.add.<locals>.<listcomp>", "shop/cart.py", "src/shop/cart.py Cart.add"),
    ("Cart.add.<locals>.inner", "shop/cart.py", "src/shop/cart.py Cart.add.<locals>.inner"),
    ("shop.cart.total", "", "src/shop/cart.py total"),
    ("shop.cart.Cart.run", "", "src/shop/cart.py Cart.run"),
    ("shop.start", "", "src/shop/__init__.py start"),
    ("Cart.run", "", "src/shop/cart.py Cart.run"),
    ("total", "", None),  # of two files
    ("run", "", None),
    ("<module>", "shop/cart.py", None),
    ("total", "shop/none.py", None),
    ("total", "/usr/lib/python3.11/json/cart.py", None),
    ("Other.add", "shop/cart.py", None),
    # Go
    ("github.com/x/y/pkg/store.(*Store).Get", "", "pkg/store/store.go store.(*Store).Get"),
    ("github.com/x/y/pkg/other.(*Store).Get", "", "pkg/other/get.go other.(*Store).Get"),
    ("github.com/x/y/pkg/store.(*Store).Get.func1", "", "pkg/store/store.go store.(*Store).Get"),
    ("github.com/x/y/pkg/store.(*Store).Get.func2.1", "", "pkg/store/store.go store.(*Store).Get"),
    ("store.Map[...]", "", "pkg/store/store.go store.Map"),
    ("github.com/x/y/pkg/store.Map[go.shape.int]", "", "pkg/store/store.go store.Map"),
    ("x/y/pkg/store.(*Store[...]).Put-fm", "", "pkg/store/store.go store.(*Store).Put"),
    ("x/y/pkg/store.init.0", "/go/y/pkg/store/store.go", "pkg/store/store.go store.init"),
    ("github.com/x/badger/v3.Backup", "", "root.go badger.Backup"),
    ("github.com/x/badger/v3.Backup", "/go/mod/github.com/x/badger/v3@v3.2.1/root.go", "root.go badger.Backup"),
    ("main.main", "", "cmd/tool/main.go main.main"),
    ("store.(*Store).Gone", "", None),
    ("os.Open", "", None),
    ("os.Open", "/usr/local/go/src/os/file.go", None),
    ("store.glob..func1", "", None),
    # Java
    ("com/foo/Bar.run", "", "java/com/foo/Bar.java com.foo.Bar.run"),
    ("com.foo.Bar.run(Ljava/lang/String;)V", "", "java/com/foo/Bar.java com.foo.Bar.run"),
    ("com.foo.Bar$Inner.lambda$x$0", "", "java/com/foo/Bar.java com.foo.Bar$Inner.x"),
    ("com.foo.Bar$Inner.run", "Bar.java", "java/com/foo/Bar.java com.foo.Bar$Inner.run"),
    ("com.foo.Bar.run_[j]", "", "java/com/foo/Bar.java com.foo.Bar.run"),
    ("com.foo.Bar.<init>", "", "java/com/foo/Bar.java com.foo.Bar.<init>"),
    ("com.foo.Bar$1.go", "", "java/com/foo/Bar.java com.foo.Bar$1.go"),
    ("com.baz.Bar.run", "Bar.java", "java/com/baz/Bar.java com.baz.Bar.run"),
    ("Bar.run", "", None),  # of two packages
    ("org.other.Bar.run", "", None),
    ("com.foo.Bar$$Lambda$14.0x0000800.run", "", None),
    # C and C++
    ("a::b<int>::c(int)", "", "native/a.cc a::b::c"),
    ("void a::b<std::vector<int> >::c<char>(int, char const*) const", "", "native/a.cc a::b::c"),
    ("a::b<int>::c(int) [clone .cold]", "", "native/a.cc a::b::c"),
    ("a::b<int>::operator==(a::b<int>)", "/src/native/a.cc", "native/a.cc a::b::operator=="),
    ("a::b<int>::~b()", "", "native/a.cc a::b::~b"),
    ("a::free_one(int)::{lambda(int)#1}::operator()(int) const", "", "native/a.cc a::free_one"),
    ("a::(anonymous namespace)::hidden()", "", "native/a.cc a::hidden"),
    ("outer::a::free_one", "/usr/bin/program", "native/a.cc a::free_one"),
    ("only_c.constprop.0", "/lib/libx.so", "native/util.c only_c"),
    ("helper", "native/more.c", "native/more.c helper"),
    ("helper", "", None),
    ("z::only_c", "", None),
    # Rust
    ("net::http::T::only::h0123abcd01234567", "", "crates/net/src/http.rs http::T::only"),
    ("net::http::T::only::{{closure}}::h0123abcd01234567", "", "crates/net/src/http.rs http::T::only"),
    ("<net::http::T as core::fmt::Display>::fmt", "", "crates/net/src/http.rs http::T::fmt"),
    ("_$LT$net..http..T$u20$as$u20$core..fmt..Display$GT$::fmt::h0123456789abcdef", "",
     "crates/net/src/http.rs http::T::fmt"),
    ("<net::other::U as net::http::Tr>::given", "", "crates/net/src/http.rs http::Tr::given"),
    ("net::http::<impl Display for net::http::T>::fmt", "", "crates/net/src/http.rs http::T::fmt"),
    ("net::http::get", "", "crates/net/src/http.rs http::get"),
    ("disk::http::get", "", "crates/disk/src/http.rs http::get"),
    ("<alloc::vec::Vec<T> as net::http::Tr>::more", "", "crates/net/src/http.rs http::Vec::more"),
    ("<alloc::vec::Vec<T> as core::ops::Drop>::more", "", None),
    ("http::get", "", None),  # of two crates
    ("std::http::T::only", "", None),
    # JavaScript and TypeScript
    ("Object.f", "", "web/app.js f"),
    ("async load2", "", "web/app.js load2"),
    ("draw", "file:///srv/web/app.js", "web/app.js View.draw"),
    ("Widget.draw", "https://x.example/static/web/app.js?v=2", "web/app.js View.draw"),
    ("api.load", "", "web/app.js api.load"),
    ("debounce", "webpack:///./web/util.ts", "web/util.ts debounce"),
    ("(anonymous)", "web/app.js", None),
    ("(program)", "", None),
    # PHP
    ("Shop\\Cart::add", "", "php/Cart.php Shop\\Cart::add"),
    ("Shop\\Cart->add", "/var/www/php/Cart.php", "php/Cart.php Shop\\Cart::add"),
    ("Shop\\total", "", "php/Cart.php Shop\\total"),
    ("Shop\\{closure}", "", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def code_map():
    return CodeMap(d for path, text in FILES.items() for d in definitions(text, path))


@pytest.mark.parametrize(("name", "file", "expected"), TABLE)
def test_a_profiled_function_is_the_definition_that_it_names(code_map, name, file, expected):
    found = code_map.resolve(Function(name, file))
    assert (f"{found.path} {found.name}" if found else None) == expected


def test_an_anonymous_function_is_what_stands_at_its_line(code_map):
    found = code_map.resolve(Function("(anonymous)", "web/app.js", 6))
    assert found.name == "f"
    assert code_map.resolve(Function("(anonymous)", "web/app.js", 3)) is None
    one_line = CodeMap(definitions("\nclass A { f() { g(() => 1); } h() {} }\n", "a.js"))
    assert one_line.resolve(Function("(anonymous)", "a.js", 2)) is None  # which of two?
    assert one_line.resolve(Function("(anonymous)", "a.js", 1)) is None


def test_a_line_tells_functions_of_one_name_apart():
    text = "class A:\n    def run(self): pass\nclass B:\n    def run(self): pass\n"
    code_map = CodeMap(definitions(text, "a.py"))
    assert code_map.resolve(Function("run", "a.py")) is None
    assert code_map.resolve(Function("run", "a.py", 4)).name == "B.run"


def test_every_definition_is_found_by_its_own_name_and_path(code_map):
    asked = {Function(d.name, d.path): d for d in code_map.definitions}
    assert code_map.resolve_all(asked) == asked


def test_resolve_all_gives_what_resolve_does(code_map):
    asked = [Function(name, file) for name, file, _ in TABLE]
    each = {function: found for function in asked if (found := code_map.resolve(function))}
    assert code_map.resolve_all(asked) == each


def test_many_functions_of_one_name_are_told_apart_quickly():
    code_map = CodeMap(
        Definition(f"p{n}.C.run", f"src/p{n}/C.java", 1, 2, "java") for n in range(2000)
    )
    asked = [Function(f"p{n}.C.run", file) for n in range(2000) for file in ("", "C.java", "?")]
    begun = time.process_time()
    found = code_map.resolve_all(asked)
    assert time.process_time() - begun < 4
    assert all(found[f].name == f.name for f in asked)


@pytest.mark.parametrize(
    "name",
    ["", "<", ">", "<<<", "a::<b", "((", "operator", "a as b", "<a as>::b", "$", "::", ".", "x" * 9999,
     "<" * 5000, "(" * 5000, "a<b as " * 500, "::{" * 500, "\ud800", "a\nb", " " * 10**6, "a " * 10**5, "lambda$", "$LT$", "<>::f"],
)  # fmt: skip
def test_any_name_can_be_read(code_map, name):
    assert all(all(parts) for parts in readings(name))
    for file in ("", "a.py", name):
        code_map.resolve(Function(name, file))
