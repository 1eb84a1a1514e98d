import json
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from workbench.errors import WorkbenchError
from workbench.profile import Function
from workbench.views.columns import in_text, number_column, text_column
from workbench.views.modules import JS, inlined
from workbench.views.packages import package_of
from workbench.views.page import Shown, page

WIDGETS = sorted((JS.parents[1] / "widgets").glob("*.js"))


@pytest.mark.parametrize("path", WIDGETS, ids=lambda path: path.stem)
def test_a_widget_is_one_module_that_imports_nothing(path):
    text = inlined(path)
    assert not re.search(r"^\s*import\b|\bimport\(", text, re.M)
    assert len(re.findall(r"^export default", text, re.M)) == 1
    assert len(re.findall(r"^export ", text, re.M)) == 1
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "main.js"


def test_modules_keep_what_is_theirs(tmp_path):
    main = write(
        tmp_path,
        main='import { twice as double } from "./a.js";\nimport { secret } from "./b.js";\n'
        "const own = 3;\nexport default { value: double(own) + secret() };\n",
        a='import { secret } from "./b.js";\n// said aside\nconst own = 2;\n'
        "/** @param {number} x */\nexport function twice(x) { return own * x * secret(); }\n",
        b="const own = 5;\nexport const secret = () => own;\n",
    )
    text = inlined(main)
    assert text.count("const own = 5") == 1  # once, though two import it
    assert "said aside" not in text
    assert "@param" not in text
    assert "twice: double" in text


def test_modules_of_one_name_in_two_folders_are_two(tmp_path):
    (tmp_path / "part").mkdir()
    write(tmp_path / "part", a="export const a = 1;\n")
    main = write(
        tmp_path, a='import { a } from "./part/a.js";\nexport const twice = 2 * a;\n',
        main='import { twice } from "./a.js";\nimport { a } from "./part/a.js";\nexport default a + twice;\n',
    )  # fmt: skip
    text = inlined(main)
    names = re.findall(r"^const (wb_\w+) = \(", text, re.M)
    assert len({*names}) == len(names) == 2
    assert text.index("const a = 1") < text.index("const twice = 2")


def test_modules_that_import_each_other_are_refused(tmp_path):
    main = write(
        tmp_path, main='import { a } from "./a.js";\n',
        a='import { b } from "./b.js";\nexport const a = 1;\n',
        b='import { a } from "./a.js";\nexport const b = 1;\n',
    )  # fmt: skip
    with pytest.raises(ValueError, match="imports itself, by way of"):
        inlined(main)


def test_a_module_without_a_default_makes_no_page(tmp_path):
    main = write(tmp_path, main="export const a = 1;\n")
    with pytest.raises(ValueError, match="expected a default export"):
        page([Shown(main, {})], title="t", style="")


def test_what_is_not_a_number_is_null_in_a_page():
    told = in_text({"a": [float("nan"), 1.5], "b": (float("inf"),), "c": b"\x01\x02"})
    assert json.dumps(told) == '{"a": [null, 1.5], "b": [null], "c": "AQI="}'


def test_numbers_of_numpy_are_numbers_in_a_page():
    told = in_text(
        {"a": np.int64(3), "b": [np.float32(0.5), np.float64("nan")], np.int64(7): np.bool_(True)}
    )
    assert json.dumps(told) == '{"a": 3, "b": [0.5, null], "7": true}'


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            {"_told": {"rows": [{"at": datetime(2026, 1, 5)}]}},
            r"^_told.rows\[0\].at: expected texts, numbers, lists or mappings, got datetime",
        ),
        ({"a": [1, {2}]}, r"^a\[1\]: .* got set: \{2\}"),
        ({"a": {(1, 2): 3}}, r"^a: expected texts as keys, got \(1, 2\)"),
    ],
    ids=["time", "set", "key"],
)
def test_what_a_page_cannot_hold_is_named_with_its_place(state, words):
    with pytest.raises(WorkbenchError, match=words):
        in_text(state)


def test_columns_say_what_they_hold():
    assert number_column([1, 2], "int32")["data"] == b"\x01\0\0\0\x02\0\0\0"
    with pytest.raises(ValueError, match="expected one of int32"):
        number_column([1], "int64")
    assert json.loads(text_column(["a\nb", "\ud800"])["data"]) == ["a\nb", "\ud800"]


@pytest.mark.parametrize(
    ("name", "file", "package"),
    [
        ("loads", "/usr/lib/python3.11/json/decoder.py", "json"),
        ("f", "/venv/lib/python3.12/site-packages/pandas/core/frame.py", "pandas"),
        ("main", "app.py", "app"),
        ("FileLoader.get_data", "<frozen importlib._bootstrap_external>", "importlib"),
        ("net/http.(*conn).serve", "", "net/http"),
        ("runtime.mallocgc", "", "runtime"),
        ("github.com/a/b/c/d.(*T).M", "", "github.com/a/b"),
        ("java/util/HashMap.get", "", "java.util"),
        ("java.util.HashMap.get", "", "java.util"),
        ("std::vec::Vec<T>::push", "", "std"),
        ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "", "alloc"),
        ("write", "/usr/lib/libc.so.6", "libc.so.6"),
        ("do_softirq.part.0", "[kernel.kallsyms]", "[kernel.kallsyms]"),
        ("do_softirq.part.0", "", ""),
        ("operator new(unsigned long)", "", ""),
        ("main", "", ""),
    ],
)
def test_a_function_is_of_the_package_that_its_name_or_file_tells(name, file, package):
    assert package_of(Function(name, file)) == package
