"""How large the code is, beside the sizes that read well. Prints, never fails."""

import ast
import io
import statistics
import tokenize
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SKIPPED = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


class Source(NamedTuple):
    """One file, in lines; a line counts as code when a token other than a comment touches it."""

    name: str
    room: str
    n_code: int
    n_docstring: int
    n_comment: int
    functions: list[tuple[int, str]]
    """(lines, `file:line name`), nested functions listed too."""


def measure(path: Path, package: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    docstring = docstring_lines(tree)
    code, comment = set(), set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comment.add(token.start[0])
        elif token.type not in SKIPPED:
            code.update(range(token.start[0], token.end[0] + 1))
    room, name = path.relative_to(package).parts[0], path.relative_to(ROOT).as_posix()
    functions = [
        (node.end_lineno - node.lineno + 1, f"{name}:{node.lineno} {node.name}")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return Source(name, room, len(code - docstring), len(docstring), len(comment), functions)


def docstring_lines(tree: ast.Module) -> set[int]:
    """Count bare strings as docstrings: attributes are documented by them too."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                lines.update(range(node.lineno, node.end_lineno + 1))
    return lines


def spread(values: list[int]) -> str:
    """Write the median and the 90th percentile."""
    if len(values) < 2:
        return f"{values} (too few)"
    return f"{statistics.median(values):.0f} / {statistics.quantiles(values, n=10)[8]:.0f}"


def print_table(sources: list[Source]) -> None:
    print(f"{'workbench/':16}{'files':>7}{'code':>8}{'docstr':>8}{'comment':>9}")
    rooms = sorted({source.room for source in sources})
    for name, rows in [(r, [s for s in sources if s.room == r]) for r in rooms] + [("", sources)]:
        counts = [sum(column) for column in zip(*(s[2:5] for s in rows), strict=True)]
        print(f"{name or 'total':16}{len(rows):7}{counts[0]:8}{counts[1]:8}{counts[2]:9}")


def main() -> None:
    package, tests = ROOT / "workbench", ROOT / "tests"
    sources = [measure(path, package) for path in sorted(package.rglob("*.py"))]
    test_code = sum(measure(path, tests).n_code for path in sorted(tests.rglob("*.py")))
    print_table(sources)
    code = max(1, sum(source.n_code for source in sources))
    functions = [function for source in sources for function in source.functions]
    lengths = [n_lines for n_lines, _ in functions]
    long_ratio = sum(n > 50 for n in lengths) / max(1, len(lengths))
    docstring, comment = (sum(s[i] for s in sources) for i in (3, 4))
    print(f"\n{'':34}{'here':>12}   reads well")
    for label, value, hint in [
        ("code lines a file, median / p90", spread([s.n_code for s in sources]), "100 / 350"),
        ("lines a function, median / p90", spread(lengths), "10 / 35"),
        ("functions over 50 lines", f"{long_ratio:.1%}", "under 5 %"),
        ("docstring lines per 100 of code", f"{100 * docstring / code:.0f}", "20 to 40"),
        ("comment lines per 100 of code", f"{100 * comment / code:.1f}", "3 to 8"),
        ("test code per code", f"{test_code / code:.2f}", "1.0 to 1.6"),
    ]:
        print(f"{label:34}{value:>12}   {hint}")
    for title, longest in [
        ("longest files", sorted(((s.n_code, s.name) for s in sources), reverse=True)),
        ("longest functions", sorted(functions, reverse=True)),
    ]:
        print(f"\n{title}", *(f"{n:6}  {name}" for n, name in longest[:5]), sep="\n")


if __name__ == "__main__":
    main()
