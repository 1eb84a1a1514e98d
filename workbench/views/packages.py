"""Which package a function is of, as its name and file tell, in whichever language."""

from __future__ import annotations

import re

from workbench.profile import Function

_PYTHON = re.compile(r"\.py[xc]?$")
_FROZEN = re.compile(r"<frozen ([\w.]+)>$")
_BINARY = re.compile(r"\.(?:so|dylib|dll|exe)\b|^\[.*\]$")
_CLONE = re.compile(r"\.(?:part|constprop|isra|cold|llvm|lto_priv)\b.*$")
"""What compilers add to the names of parts and copies of a function."""


def package_of(function: Function) -> str:
    """Return a package, a namespace or a binary; empty where nothing tells one.

    `json/decoder.py` is of `json`, `net/http.(*conn).serve` of `net/http`, `std::vec::push` of
    `std`, `java/util/HashMap.get` of `java.util`, what lies in `/usr/lib/libc.so.6` of `libc.so.6`.
    """
    name, file = function.name, function.file
    if frozen := _FROZEN.match(file):
        return frozen[1].partition(".")[0]
    if _PYTHON.search(file):
        module = Function("", file).subject.partition(":")[0]
        return module.rpartition("/")[2].partition(".")[0]
    if "::" in name:
        return name.lstrip("<&* ").partition("::")[0]
    base = file.rpartition("/")[2]
    if _BINARY.search(base):
        return base
    dotted = _dotted_package(_CLONE.sub("", name))
    return dotted or file.rpartition("/")[0].strip("/").rpartition("/")[2]


def _dotted_package(name: str) -> str:
    """Return the package of a name such as `net/http.(*conn).serve` or `java/util/Map.get`."""
    folders, _, last = name.partition("(")[0].rpartition("/")
    first, dot, _ = last.partition(".")
    if not dot or " " in name:
        return ""
    path = [*folders.split("/"), first] if folders else [first]
    is_java = first[:1].isupper() and folders and "." not in folders
    if is_java:
        return ".".join(path[:-1][:2])
    lower = [part for part in last.split(".")[:-1] if part[:1].islower()]
    if not folders and len(lower) > 1 and any(part[:1].isupper() for part in last.split(".")):
        return ".".join(lower[:2])
    return "/".join(path[:3])
