import ast

import pytest

from workbench.simulate.lines import Line, Names, call, of_each, shared_names, statement
from workbench.types import Function

PLAIN = Names(Function("load_user_3", "svc/text/user.py"), ("row", "user", "key"))
METHOD = Names(Function("User1.load_user", "svc/text/user.py"), ("row", "user", "key"))


@pytest.mark.parametrize("names", [PLAIN, METHOD], ids=["function", "method"])
@pytest.mark.parametrize(
    ("drawn", "lines"),
    [
        ("v1 = v3.user", ["row = key.user"]),
        ("v1 += v2", ["row += user"]),
        ("if v1 is None:", ["if row is None:", "    row = user"]),
        ("    return v1", ["if not row:", "    return row"]),
        (
            "return load_user(v1, v2)",
            ["if row == user:", "    return common.load_user(row, user)"],
        ),
        ("for v1 in v3:", ["for item in key:", "    row = item"]),
        ("while fetch_key(v1):", ["while common.fetch_key(row):", "    row = user"]),
        (
            "try: load_user(v1)",
            ["try:", "    common.load_user(row)", "except ValueError:", "    row = user"],
        ),
        ("v1 = [load_user(x) for x in v2]", ["row = [common.load_user(x) for x in user]"]),
        ("validate_key(v1)", ["common.validate_key(row)"]),
    ],
)
def test_a_drawn_line_becomes_a_statement_that_parses(names, drawn, lines):
    written = statement(drawn, names)
    assert [line.removeprefix("    ") for line in written] == lines
    ast.parse("\n".join(["def function():", *written]))


def test_what_a_loop_breaks_off_for_is_its_last_line():
    written = statement("    break", PLAIN)
    assert written[-1].strip() == "break"
    for lines in (written, written[:-1]):
        ast.parse("\n".join(["def function():", *lines]))


def test_only_methods_have_themselves():
    assert statement("self.key = v1", METHOD) == ["    self.key = row"]
    assert statement("self.key = v1", PLAIN) == ["    row.key = row"]


@pytest.mark.parametrize(
    ("callee", "text", "needs"),
    [
        (Function("trim_key_4", "svc/text/user.py"), "trim_key_4(row)", ""),
        (Function("User1.trim_user", "svc/text/user.py"), "self.trim_user(row)", ""),
        (Function("User2.trim_user", "svc/text/user.py"), "User2(row).trim_user(user)", ""),
        (
            Function("trim_key_4", "svc/auth/key.py"),
            "auth_key.trim_key_4(row)",
            "from svc.auth import key as auth_key",
        ),
        (
            Function("Key2.trim_key", "svc/auth/key.py"),
            "auth_key.Key2(row).trim_key(user)",
            "from svc.auth import key as auth_key",
        ),
        (
            Function("handle_user", "svc/endpoints.py"),
            "endpoints.handle_user(row)",
            "from svc import endpoints",
        ),
        (Function("load_2", "codec/core.py"), "codec.load_2(row)", "import codec"),
    ],
)
def test_a_call_names_what_it_calls_and_imports_it(callee, text, needs):
    line = call(METHOD, callee, keeps=False)
    assert (line.text, line.needs) == (f"    {text}", needs)
    assert call(METHOD, callee, keeps=True).text == f"    row = {text}"


def test_in_a_loop_a_call_is_of_each():
    assert of_each("    row = auth_key.Key2(row).trim_key(user)", PLAIN) == (
        "    row = auth_key.Key2(item).trim_key(user)"
    )


def test_a_line_is_there_from_its_first_version_until_its_last():
    line = Line("x = 1", born=2, died=4)
    assert [version for version in range(6) if line.is_in(version)] == [2, 3]


def test_a_line_needs_what_its_words_tell():
    assert Line("row = copy.deepcopy(key)").imports == {"import copy"}
    assert Line('if flags.is_on("key3"):').imports == {"from svc import flags"}
    assert Line("row.copy = json_row").imports == set()


def test_names_that_all_modules_share_are_found():
    assert shared_names(["row = common.trim_key(row)", "uncommon.x()"]) == {"trim_key"}
