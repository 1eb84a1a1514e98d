"""Versions of packages in manifests and lock files."""

import pytest

from workbench.attribute.dependencies import bumped, is_manifest
from workbench.history import Hunk


def hunk(removed, added, path):
    lines = [tuple(f"{line}\n" for line in side.split("\n") if side) for side in (removed, added)]
    return Hunk(path, 0, *lines)


PINS = [
    ("requirements.txt", "codec=={}", "codec"),
    ("requirements.txt", "codec>={},<9", "codec"),
    ("requirements/prod.txt", "codec[fast,safe]=={} ; python_version > '3'", "codec"),
    ("dev-requirements.txt", "codec~={}", "codec"),
    ("requirements.in", "codec == {}", "codec"),
    ("constraints.txt", "codec=={}", "codec"),
    ("environment.yml", "  - codec={}", "codec"),
    ("pyproject.toml", '    "codec>={},<9",', "codec"),
    ("pyproject.toml", 'dependencies = ["other", "codec[fast]=={}"]', "codec"),
    ("pyproject.toml", 'codec = "^{}"', "codec"),
    ("setup.py", "install_requires=['other', 'codec>={}'],", "codec"),
    ("setup.cfg", "    codec>={}", "codec"),
    ("Cargo.toml", 'codec = "{}"', "codec"),
    ("Cargo.toml", 'codec = {{ version = "{}", features = ["x"] }}', "codec"),
    ("package.json", '    "left": "^{}",', "left"),
    ("package.json", '    "@a/left": "~{}",', "@a/left"),
    ("composer.json", '    "a/left": "^{}",', "a/left"),
    ("go.mod", "\tgithub.com/a/b v{}", "github.com/a/b"),
    ("go.mod", "require github.com/a/b/v2 v{}", "github.com/a/b/v2"),
    ("go.mod", "replace github.com/a/b => github.com/mine/b v{}", "github.com/a/b"),
    ("go.mod", "\tgithub.com/a/b v9.9.9 => github.com/mine/b v{}", "github.com/a/b"),
    ("pom.xml", "<codec.version>{}</codec.version>", "codec"),
    ("pom.xml", "<artifactId>codec</artifactId>\n<version>{}</version>", "codec"),
    ("build.gradle", "implementation 'org.a:codec:{}'", "org.a:codec"),
    ("Gemfile", "gem 'codec', '~> {}'", "codec"),
    ("Gemfile.lock", "    codec ({})", "codec"),
    ("poetry.lock", 'version = "{0}"\n    {{file = "codec-{0}-py3-none-any.whl", hash = "sha256:0"}},', "codec"),
    ("uv.lock", 'version = "{0}"\nsdist = {{ url = "https://example.org/codec-{0}.tar.gz" }}', "codec"),
    ("Cargo.lock", 'name = "codec"\nversion = "{}"', "codec"),
    ("package-lock.json", '"version": "{0}",\n"resolved": "https://example.org/left/-/left-{0}.tgz",', "left"),
    ("package-lock.json", '"node_modules/left": {{\n  "version": "{0}",', "left"),
    ("yarn.lock", '"@a/left@^1":\n  version "{0}"\n  resolved "https://example.org/@a/left/-/left-{0}.tgz"', "@a/left"),
    ("yarn.lock", '"left@npm:^1":\n  version: {}', "left"),
    ("pnpm-lock.yaml", "  /left@{}:", "left"),
    ("pnpm-lock.yaml", "  '@a/left@{}':", "@a/left"),
    ("Pipfile.lock", '"codec": {{\n  "version": "=={}"', "codec"),
    ("App.csproj", '<PackageReference Include="Codec.Fast" Version="{}" />', "Codec.Fast"),
    ("build.gradle.kts", 'id("org.a.codec") version "{}"', "org.a.codec"),
    ("pom.xml", "<codecVersion>{}</codecVersion>", "codec"),
    ("yarn.lock", 'left@^1:\n  version "{}"', "left"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "line", "name"), PINS)
def test_versions_that_moved_are_told(path, line, name):
    before, after = (line.format(version) for version in ("1.2.0", "1.3.1"))
    assert bumped([hunk(before, after, path)]) == {name: ("1.2.0", "1.3.1")}
    assert bumped([hunk(before, before, path)]) == {}
    assert bumped([hunk("", after, path)]) == {name: ("", "1.3.1")}


NO_PACKAGES = [
    ("pyproject.toml", 'version = "{}"'),
    ("pyproject.toml", "line-length = 12{}"),
    ("pyproject.toml", 'requires-python = ">={}"'),
    ("pyproject.toml", 'python = "^{}"'),
    ("pyproject.toml", 'target-version = "py3{}"'),
    ("setup.py", "    version='{}',"),
    ("setup.cfg", "version = {}"),
    ("package.json", '  "version": "{}",'),
    ("go.mod", "go {}"),
    ("pom.xml", "<version>{}</version>"),
    ("Cargo.lock", 'version = "{}"\nchecksum = "0{}"'),
    ("svc/a.py", "codec == {}"),
    ("setup.cfg", "max-line-length=1{}"),
    ("setup.cfg", "current_version = {}"),
    ("setup.py", "zip_safe=1, VERSION = {}"),
    ("pyproject.toml", 'env = ["WORKERS={}"]'),
    ("pyproject.toml", 'fail_under = "9"'),
    ("package.json", '"port": "808"'),
    ("Cargo.toml", 'opt-level = "3"'),
]


@pytest.mark.parametrize(("path", "line"), NO_PACKAGES)
def test_other_versions_are_of_no_package(path, line):
    before, after = (line.replace("{}", version) for version in ("1.2", "1.3"))
    assert bumped([hunk(before, after, path)]) == {}


def test_files_that_name_packages_are_told_by_their_names():
    assert all(is_manifest(path) for path, _, _ in PINS)
    assert is_manifest("services/a/requirements/base.txt")
    assert not is_manifest("svc/requirements.py")
    assert not is_manifest("svc/locks.py")
