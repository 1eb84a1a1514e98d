"""Render a template that calls macros, filters and tests a lot."""

import _wl
from jinja2 import DictLoader, Environment

L = _wl.pick(
    {
        "page": "{% macro cell(x) %}<td>{{ x }}</td>{% endmacro %}{% macro row(a, b) %}<tr>{{ cell(a) }}{{ cell(b) }}</tr>{% endmacro %}{% for r in rows %}{{ row(r, loop.index) }}{{ cell(r) }}{{ fmt(r) }}{% endfor %}"
    },
    {
        "parts": "{% macro item(label, at=0) -%}<li value='{{ at }}'>{{ fmt(label) }}</li>{%- endmacro %}",
        "page": "{% from 'parts' import item with context %}{% macro pair(k, v) %}{{ item(k, at=v) }}{{ item(v) }}{% endmacro %}<ol>{% for r in rows %}{% if loop.first %}{{ fmt('-') }}{% endif %}{{ pair(r, loop.index0) }}\n{{ fmt(r) }}{% endfor %}</ol>",
    },
)
t = Environment(loader=DictLoader(L)).get_template("page")
rows = _wl.pick(list(range(400)), ["w%d" % (i * i) for i in range(300)])


def fmt(x):
    return x


def main():
    return len(t.render(rows=rows, fmt=fmt))


def whole(n):
    return _wl.digest(n, t.render(rows=rows, fmt=fmt))


_wl.run(main, 20, check=_wl.pick(None, whole))
