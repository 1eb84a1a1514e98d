"""The same edits in languages other than Python, where their conditions can be seen in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ast_grep_py import Pattern, SgNode

from workbench.patch.editing.structural import SCRIPTS, FunctionText

_ARRAYS = r"(?:\.(?:map|filter|slice|concat|flatMap|split)\(.*\)|^\[.*\]|^Array\.from\(.*\)"
_ARRAYS += r"|^Object\.(?:keys|values|entries)\(.*\))$"
_IS_ARRAY = re.compile(_ARRAYS, re.DOTALL)
_DOES = (
    *("call_expression", "new_expression", "assignment_expression", "update_expression"),
    *("augmented_assignment_expression", "await_expression", "yield_expression"),
)
_EMPTY = {"> 0": "", "!== 0": "", "!= 0": "", ">= 1": "", "=== 0": "!", "== 0": "!", "< 1": "!"}
_STATEFUL_FLAGS = frozenset("gy")


def edit_other(strategy: str, path: str, text: str, name: str) -> str | None:
    """Make an edit of a function in a language other than Python.

    Parameters
    ----------
    strategy : str
        Key of `types.MITIGATIONS`.
    path, text : str
        A file.
    name : str
        The function, as profilers give its name.

    Returns
    -------
    str or None
        The whole new text; None where no such edit is known, or its conditions do not hold.
    """
    edits = _EDITS.get(strategy, ())
    found = FunctionText.find(path, text, name) if edits else None
    if found is None or found.has_errors():
        return None
    return next((new for edit in edits if (new := edit(found)) is not None), None)


def precompile(code: FunctionText) -> str | None:
    """Compile patterns that are constants once: beside the function, not at each call of it."""
    if code.language == "cpp":
        return code.edited([(n, f"static const {n.text()}") for n in _local_patterns(code)])
    edits: list[tuple[SgNode, str]] = []
    names: dict[str, str] = {}
    above: list[str] = []
    for node in _compiled(code):
        text = node.text()
        if text not in names:
            names[text] = code.free_name(_constant(code, len(names)))
            above.append(_declared(code, node, names[text]))
        edits.append((node, _use(code, node, names[text])))
    return code.edited(edits, "\n".join(above))


_COMPILES: Mapping[str, tuple[str | Pattern, ...]] = {
    "go": (  # by itself, it could as well be a type with an argument
        Pattern(
            context="func f() { _ = regexp.MustCompile($PATTERN) }",
            selector="call_expression",
            strictness="smart",
        ),
    ),
    "java": ("Pattern.compile($PATTERN)", "Pattern.compile($PATTERN, $FLAGS)"),
    "rust": ("$TYPE::new($PATTERN).unwrap()", "$TYPE::new($PATTERN).expect($FLAGS)"),
    "script": ("new RegExp($PATTERN)", "new RegExp($PATTERN, $FLAGS)"),
}


def _compiled(code: FunctionText) -> Iterator[SgNode]:
    """Yield expressions that compile a constant pattern."""
    language = "script" if code.language in SCRIPTS else code.language
    for call in _COMPILES[language]:
        for node in code.function.find_all(pattern=call):
            kind, flags = node["PATTERN"].kind(), node.get_match("FLAGS")
            is_pattern = code.language != "rust" or node["TYPE"].text().endswith("Regex")
            if is_pattern and kind.endswith(("string", "string_literal")) and _is_fixed(flags):
                yield node


def _is_fixed(flags: SgNode | None) -> bool:
    """Whether flags are constants, and such that the pattern keeps no place in a text."""
    if flags is None:
        return True
    if flags.kind() == "string":
        return not _STATEFUL_FLAGS & set(flags.text())
    return re.fullmatch(r'Pattern\.\w+(?:\s*\|\s*Pattern\.\w+)*|"[^"]*"', flags.text()) is not None


def _constant(code: FunctionText, number: int) -> str:
    name = re.findall(r"[\w$]+", _name(code.function))[-1]
    told = "" if number == 0 else str(number + 1)
    if code.language in ("java", "rust") or code.language in SCRIPTS:
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().strip("_")
        return f"{snake}_PATTERN{told}"
    return f"{name[0].lower()}{name[1:]}Pattern{told}"


def _name(function: SgNode) -> str:
    named = function.field("name")
    return named.text() if named else "function"


def _declared(code: FunctionText, node: SgNode, name: str) -> str:
    text = node.text()
    match code.language:
        case "go":
            return f"var {name} = {text}"
        case "java":
            return f"private static final Pattern {name} = {text};"
        case "rust":
            lazy = "std::sync::LazyLock"
            return f"static {name}: {lazy}<{node['TYPE'].text()}> = {lazy}::new(|| {text});"
    return f"const {name} = {text};"


def _use(code: FunctionText, node: SgNode, name: str) -> str:
    parent = node.parent()
    is_bound = parent is not None and parent.kind() == "let_declaration"
    return f"&*{name}" if code.language == "rust" and is_bound else name


def _local_patterns(code: FunctionText) -> Iterator[SgNode]:
    """Yield declarations of constant patterns that are made at each call."""
    for node in code.function.find_all(kind="declaration"):
        made = re.fullmatch(r'(?:const\s+)?std::regex\s+\w+\s*[({]\s*R?".*"\s*[)}];', node.text())
        if made and not node.text().startswith("const"):
            yield node


def do_less(code: FunctionText) -> str | None:
    """Stop at the first that fits, in place of collecting all that do."""
    if code.language not in SCRIPTS:
        return None
    edits: list[tuple[SgNode, str]] = []
    for node in code.function.find_all(pattern="$XS.filter($FITS)[0]"):
        if _is_array(code, node["XS"]) and _only_looks(node["FITS"]):
            edits.append((node, f"{node['XS'].text()}.find({node['FITS'].text()})"))
    for told, sign in _EMPTY.items():
        for node in code.function.find_all(pattern=f"$XS.filter($FITS).length {told}"):
            if _is_array(code, node["XS"]) and _only_looks(node["FITS"]):
                edits.append((node, f"{sign}{node['XS'].text()}.some({node['FITS'].text()})"))
    return code.edited(edits)


def _is_array(code: FunctionText, node: SgNode) -> bool:
    """Whether a value is an array for certain: a literal, or what makes one."""
    if _IS_ARRAY.search(node.text()):
        return True
    bound = code.root.find_all(pattern=f"const {node.text()} = $VALUE") if node.is_named() else []
    values = [found["VALUE"].text() for found in bound]
    return node.kind() == "identifier" and len(values) == 1 and bool(_IS_ARRAY.search(values[0]))


def _only_looks(function: SgNode) -> bool:
    """Whether a function that is written in place does nothing but compare."""
    is_written = function.kind() in ("arrow_function", "function_expression")
    return is_written and not any(function.find(kind=kind) for kind in _DOES)


def replace_structure(code: FunctionText) -> str | None:
    """Look up in a set what is a constant list and only asked whether it holds a value."""
    if code.language not in SCRIPTS:
        return None
    for bound in code.root.find_all(pattern="const $NAME = [$$$ITEMS]"):
        name, value = bound["NAME"].text(), bound.find(kind="array")
        uses = [n for n in code.root.find_all(kind="identifier") if n.text() == name]
        asked = code.root.find_all(pattern=f"{name}.includes($VALUE)")
        is_asked_here = code.function.find(pattern=f"{name}.includes($VALUE)") is not None
        is_ours = bound.parent() is not None and len(uses) == len(asked) + 1
        items = [item for item in bound.get_multiple_matches("ITEMS") if item.is_named()]
        is_once = not any(bound.range().start == inner.range().start for inner in _inner(code))
        if value and is_asked_here and is_ours and is_once and len(items) >= _WORTH_A_SET:
            edits = [(value, f"new Set({value.text()})")]
            edits += [(node, f"{name}.has({node['VALUE'].text()})") for node in asked]
            return code.edited(edits)
    return None


_WORTH_A_SET = 8
"""Items from which a set is quicker than looking through them."""


def _inner(code: FunctionText) -> list[SgNode]:
    """Return what is declared anew at each call of the function."""
    return code.function.find_all(kind="lexical_declaration")


def drop_copy(code: FunctionText) -> str | None:
    """Look at the items of a range themselves, where the loop only reads its copy."""
    if code.language != "cpp":
        return None
    edits = []
    for loop in code.function.find_all(kind="for_range_loop"):
        kind, item, items = (loop.field(name) for name in ("type", "declarator", "right"))
        body = loop.field("body")
        if not (kind and item and items and body) or kind.text() != "auto":
            continue
        name, source = item.text(), items.text()
        changed = rf"\b{name}\b\s*(?:[-+*/%&|^]?=(?!=)|\+\+|--)|(?:\+\+|--|&)\s*{name}\b"
        kept = rf"\bmove\(\s*{name}\b|\b{re.escape(source)}\b"
        is_plain = item.kind() == "identifier" and re.fullmatch(r"[\w.]+", source)
        if is_plain and not re.search(f"{changed}|{kept}", body.text()):
            edits.append((kind, "const auto&"))
    return code.edited(edits)


def guard_debug(code: FunctionText) -> str | None:
    """Put together the text of debug lines only where they are written."""
    if code.language != "java":
        return None
    edits = []
    for level, asks in (("debug", "isDebugEnabled"), ("trace", "isTraceEnabled")):
        for node in code.function.find_all(pattern=f"$LOG.{level}($TEXT);"):
            log, text = node["LOG"].text(), node["TEXT"]
            is_made = text.kind() in ("binary_expression", "method_invocation")
            is_guarded = any(f".{asks}()" in (n.text()[:200]) for n in _conditions(node))
            block = node.parent()
            is_alone = block is not None and block.kind() == "block"
            if is_made and is_alone and not is_guarded and re.fullmatch(r"(?i)\w*log\w*", log):
                edits.append((node, f"if ({log}.{asks}()) {{ {node.text()} }}"))
    return code.edited(edits)


def _conditions(node: SgNode) -> Iterator[SgNode]:
    for outer in node.ancestors():
        if outer.kind() == "if_statement" and (asked := outer.field("condition")) is not None:
            yield asked


_EDITS: Mapping[str, tuple[Callable[[FunctionText], str | None], ...]] = {
    "precompile": (precompile,),
    "do_less": (do_less,),
    "replace_structure": (replace_structure,),
    "drop_copy": (drop_copy,),
    "guard_debug": (guard_debug,),
}
