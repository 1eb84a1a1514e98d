"""Edits of other languages: what must change, and look-alikes that must not."""

from datetime import datetime

import pytest

from workbench.patch.mitigations import propose
from workbench.patch.mitigations.others import edit_other
from workbench.types import Change, Diagnosis, Function, Suspect

GO = """\
package shop

import "regexp"

// Clean tidies.
func (o *Order) Clean(s string) string {
	re := regexp.MustCompile(`\\s+`)
	return re.ReplaceAllString(s, " ")
}
"""
JAVA = """\
class Order {
    private int n = 1;

    /** Tidies. */
    @Override
    public String clean(String s) {
        Pattern p = Pattern.compile("a+", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
        return p.matcher(s).replaceAll("");
    }
}
"""
RUST = """\
impl Order {
    /// Tidies.
    pub fn clean(&self, s: &str) -> bool {
        let re = regex::Regex::new(r"a+").unwrap();
        re.is_match(s)
    }
}
"""
SCRIPT = """\
// Tidies.
export const cleanName = (s) => {
  return new RegExp("a+", "i").test(s);
};
"""
CPP = """\
int Order::clean(const std::string& s) {
    std::regex re("a+");
    return std::regex_search(s, re);
}
"""


def test_a_pattern_is_compiled_beside_the_function_in_go():
    assert edit_other("precompile", "shop/order.go", GO, "(*Order).Clean") == GO.replace(
        "// Clean", "var cleanPattern = regexp.MustCompile(`\\s+`)\n\n// Clean"
    ).replace("re := regexp.MustCompile(`\\s+`)", "re := cleanPattern")


def test_a_pattern_is_compiled_in_the_class_in_java():
    compiled = 'Pattern.compile("a+", Pattern.CASE_INSENSITIVE | Pattern.DOTALL)'
    assert edit_other("precompile", "Order.java", JAVA, "Order.clean") == JAVA.replace(
        compiled, "CLEAN_PATTERN"
    ).replace(
        "    /** Tidies. */",
        f"    private static final Pattern CLEAN_PATTERN = {compiled};\n\n    /** Tidies. */",
    )


def test_a_pattern_is_compiled_when_it_is_first_wanted_in_rust():
    lazy = "std::sync::LazyLock"
    told = f'{lazy}<regex::Regex> = {lazy}::new(|| regex::Regex::new(r"a+").unwrap());'
    assert edit_other("precompile", "src/order.rs", RUST, "shop::Order::clean") == (
        f"static CLEAN_PATTERN: {told}\n\n"
        + RUST.replace('regex::Regex::new(r"a+").unwrap()', "&*CLEAN_PATTERN")
    )


@pytest.mark.parametrize("path", ["a.js", "b.mjs", "c.ts", "d.tsx"])
def test_a_pattern_is_compiled_at_the_top_of_a_script(path):
    made = 'new RegExp("a+", "i")'
    assert edit_other("precompile", path, SCRIPT, "cleanName") == (
        f"const CLEAN_NAME_PATTERN = {made};\n\n" + SCRIPT.replace(made, "CLEAN_NAME_PATTERN")
    )


def test_a_pattern_is_made_once_in_cpp():
    expected = CPP.replace("std::regex re", "static const std::regex re")
    assert edit_other("precompile", "order.cpp", CPP, "Order::clean") == expected
    assert edit_other("precompile", "order.cpp", expected, "Order::clean") is None


def test_the_same_pattern_is_kept_once_and_another_has_another_name():
    more = "_, _ = regexp.MustCompile(`b`), regexp.MustCompile(`\\s+`)"
    text = GO.replace("return re", f"{more}\n\treturn re")
    edited = edit_other("precompile", "a.go", text, "Clean")
    declared = [line for line in edited.splitlines() if line.startswith("var")]
    assert [line.split()[1] for line in declared] == ["cleanPattern", "cleanPattern2"]
    assert "\t_, _ = cleanPattern2, cleanPattern\n" in edited


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.go", GO.replace("`\\s+`", "s")),  # not a constant
        ("a.go", GO.replace("MustCompile", "Compile")),  # may fail where it is called
        ("a.js", SCRIPT.replace('"i"', '"g"')),  # keeps its place between calls
        ("a.js", SCRIPT.replace('"i"', "flags")),
        ("a.java", JAVA.replace('"a+"', "s")),
        ("a.java", JAVA.replace("Pattern.DOTALL", "flags()")),
        ("a.rs", RUST.replace("Regex::new", "Thing::new")),
        ("a.rs", RUST.replace('r"a+"', "s")),
        ("a.cpp", CPP.replace('"a+"', "s")),
        ("a.go", GO + "}}"),  # is not Go
        ("a.txt", GO),
    ],
)
def test_what_is_no_constant_pattern_is_let_be(path, text):
    name = "cleanName" if path.endswith("js") else "clean"
    assert edit_other("precompile", path, text, name.title() if "go" in path else name) is None


def test_a_function_that_may_be_one_of_two_is_let_be():
    other = GO.replace("Order", "Basket").partition("// Clean")[2]
    text = f"{GO}\n// Clean{other}"
    assert edit_other("precompile", "a.go", text, "Clean") is None
    edited = edit_other("precompile", "a.go", text, "(*Basket).Clean")
    assert edited.index("re := cleanPattern") > edited.index("Basket")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rows.map(f).filter((r) => r.ok)[0]", "rows.map(f).find((r) => r.ok)"),
        ("Object.keys(rows).filter((r) => r > 1).length > 0",
         "Object.keys(rows).some((r) => r > 1)"),
        ("rows.slice(1).filter((r) => r.ok).length === 0", "!rows.slice(1).some((r) => r.ok)"),
        ("fixed.filter((r) => r === rows)[0]", "fixed.find((r) => r === rows)"),
        ("rows.filter((r) => r.ok)[0]", None),  # may be no array
        ("rows.map(f).filter((r) => seen.add(r))[0]", None),  # does something
        ("rows.map(f).filter(isOk)[0]", None),  # nobody knows what
        ("rows.map(f).filter((r) => r.ok)[1]", None),
        ("rows.map(f).filter((r) => r.ok).length > 1", None),
    ],
)  # fmt: skip
def test_a_search_stops_at_the_first_that_fits(before, after):
    text = "const fixed = [1, 2];\nfunction first(rows) {\n  return %s;\n}\n"
    expected = None if after is None else text % after
    assert edit_other("do_less", "a.ts", text % before, "first") == expected


ITEMS = ", ".join(f'"{letter}"' for letter in "abcdefgh")


@pytest.mark.parametrize(
    ("text", "is_edited"),
    [
        (f"const known = [{ITEMS}];\nfunction has(x) {{\n  return known.includes(x);\n}}\n", True),
        ("const known = [1, 2];\nfunction has(x) {\n  return known.includes(x);\n}\n", False),
        (f"const known = [{ITEMS}];\nfunction has(x) {{\n  return known.includes(x) || known[0];"
         "\n}\n", False),
        (f"function has(x) {{\n  const known = [{ITEMS}];\n  return known.includes(x);\n}}\n",
         False),
    ],
)  # fmt: skip
def test_a_constant_list_that_is_only_asked_is_a_set(text, is_edited):
    expected = text.replace("[", "new Set([").replace("];", "]);").replace("includes", "has")
    assert edit_other("replace_structure", "a.js", text, "has") == (expected if is_edited else None)


@pytest.mark.parametrize(
    ("body", "is_edited"),
    [
        ("n += weigh(item.name());", True),
        ("item.count += 1;", True),  # which the compiler refuses
        ("item = clean(item);", False),
        ("++item;", False),
        ("fill(&item);", False),
        ("kept.push_back(std::move(item));", False),
        ("items.push_back(item);", False),
    ],
)
def test_items_that_are_only_read_are_not_copied(body, is_edited):
    text = f"int f() {{\n  for (auto item : items) {{\n    {body}\n  }}\n  return n;\n}}\n"
    expected = text.replace("auto item", "const auto& item") if is_edited else None
    assert edit_other("drop_copy", "a.cc", text, "f") == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('log.debug("x " + s);', 'if (log.isDebugEnabled()) { log.debug("x " + s); }'),
        ("LOGGER.trace(tell(s));", "if (LOGGER.isTraceEnabled()) { LOGGER.trace(tell(s)); }"),
        ('log.debug("x");', None),
        ('log.info("x " + s);', None),
        ('shop.debug("x " + s);', None),
        ('if (log.isDebugEnabled()) { log.debug("x " + s); }', None),
        ('if (s != null) log.debug("x " + s);', None),
    ],
)
def test_the_text_of_a_debug_line_is_made_where_it_is_written(line, expected):
    text = "class A {\n    void f(String s) {\n        %s\n    }\n}\n"
    assert edit_other("guard_debug", "A.java", text % line, "A.f") == (
        None if expected is None else text % expected
    )


def test_a_strategy_that_is_not_known_of_a_language_makes_no_edit():
    assert edit_other("batch_calls", "a.go", GO, "Clean") is None
    assert edit_other("guard_debug", "a.go", GO, "Clean") is None


def test_it_is_proposed_for_the_function_that_is_to_blame(make_repository):
    file = "shop/order.go"
    repository = make_repository({file: GO.replace("`\\s+`", "`x`")}, {file: GO})
    function = Function("(*Order).Clean", file)
    change = Change("c1", "Tidy more", "Ada", "", datetime(2026, 1, 1), functions=(function,))
    suspect = Suspect(change, 0.9, (function.subject,), 0.1)
    diagnosis = Diagnosis("r1", "It compiles.", "c1", (function.subject,), mitigation="precompile")
    (patch,) = propose(repository, "main~1", "main", diagnosis, [suspect], [function])
    assert patch.strategy == "precompile"
    assert patch.files == {file: edit_other("precompile", file, GO, function.name)}
