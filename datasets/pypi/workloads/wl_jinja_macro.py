"""Render a template that calls macros, filters and tests a lot."""

import _wl
from jinja2 import DictLoader, Environment

L = {
    "page": "{% macro cell(x) %}<td>{{ x }}</td>{% endmacro %}{% macro row(a, b) %}<tr>{{ cell(a) }}{{ cell(b) }}</tr>{% endmacro %}{% for r in rows %}{{ row(r, loop.index) }}{{ cell(r) }}{{ fmt(r) }}{% endfor %}"
}
t = Environment(loader=DictLoader(L)).get_template("page")
rows = list(range(400))


def fmt(x):
    return x


def main():
    return len(t.render(rows=rows, fmt=fmt))


_wl.run(main, 20)
