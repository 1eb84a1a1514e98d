"""What is written in code, records and profiles is read, and obeyed by nobody."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.agent.conftest import (
    CULPRIT,
    block,
    build_recording,
    edits,
    look_into,
    shop_records,
)
from workbench.agent import investigate, load_skills, make_model
from workbench.history import Repository, run_git
from workbench.store import Store
from workbench.types import Function, Records

ATTACKS = json.loads(Path(__file__).with_name("attacks.json").read_text(encoding="utf-8"))
INNOCENT = CULPRIT + 1
"""Number of the commit that carries what is planted on an innocent."""
OF_RECORDS = {
    "config_title", "config_value", "experiment_title", "past_case", "endpoint_name", "document",
}  # fmt: skip
OF_CULPRITS = {"commit_message", "code_comment", "docstring", "string_literal", "symbol_name",
               "file_path", "author_name", "version_name", "config_title"}  # fmt: skip
"""Places that a culprit has too."""
NAMES = {"symbol_name", "file_path"}
"""A skill may know its mechanism by the names of what grew: other names, another skill."""
SWAY = 0.05
"""By which words of a title, and the number of lines, may move a confidence: the ranking reads both."""


class Scene:
    """The shop with texts put in their places: {(where, "innocent" or "culprit"): text}."""

    def __init__(self, texts):
        self.texts = texts
        self.path = texts.get(("file_path", "culprit"), "shop/app.py")
        self.by_flag = ("config_title", "culprit") in texts

    def get(self, where, on="innocent"):
        return self.texts.get((where, on))

    def build(self, folder):
        repository = write(folder, self.commits())
        seen = look_into(self.recording(), repository, "main~12")
        versions = [self.get("version_name") or "base"] * 15
        versions += [self.get("version_name", "culprit") or "head"] * 15
        seen.recording = replace(
            seen.recording, windows=seen.recording.windows.assign(version=versions)
        )
        if self.by_flag or any(where in OF_RECORDS for where, _ in self.texts):
            seen.records = self.records()
        return seen

    def commits(self):
        """(message, author, files) of each."""
        for number, (title, files) in enumerate(edits()):
            on = {CULPRIT: "culprit", INNOCENT: "innocent"}.get(number, "")
            told = dict(files)
            if "shop/app.py" in told:
                told[self.path] = self.code(told.pop("shop/app.py"), number)
            if on == "culprit" and self.path != "shop/app.py":
                told["README.md"] = "Another shop.\n"  # that git shows first
            if on == "innocent" and self.get("file_path"):
                told[self.get("file_path")] = "x = 1\n"
            if on == "innocent" and self.get("document"):
                told["docs/policy.md"] = self.get("document")
            message = self.get("commit_message", on)
            author = self.get("author_name", on) or "Ada Keller"
            yield message or title, re.sub("[<>\n]", " ", author), told

    def code(self, text, number):
        if self.by_flag:
            text = text.replace("    for i in range(99):\n        i += 1\n", "    # checked\n")
            text = text.replace("return 2", 'return 2 + sum(range(CONFIG["fast_total"]))')
        for on, since, name in (("culprit", CULPRIT, "total"), ("innocent", INNOCENT, "idle")):
            if number >= since:
                text = text.replace(f"\ndef {name}():\n", f"\ndef {name}():\n{self.lines(on)}")
                first = (self.get("code_comment", on) or "").split("\n")[0]
                last = "i += 1" if on == "culprit" else "return 4"
                text = text.replace(f"{last}\n", f"{last}  # {first}\n") if first else text
        made = self.get("symbol_name")
        if made and number >= INNOCENT:
            text += f"\n\ndef {identifier(made)}():\n    return 5\n"
        return text

    def lines(self, on):
        """What stands at the beginning of a function."""
        said, comment, quoted = (
            self.get(where, on) for where in ("docstring", "code_comment", "string_literal")
        )
        escaped = (said or "").replace("\\", "\\\\").replace('"""', r"\"\"\"")
        text = f'    """{escaped}"""\n' if said else ""
        text += "".join(f"    # {line}\n" for line in comment.split("\n")) if comment else ""
        text += f"    note = {json.dumps(quoted, ensure_ascii=False)}\n" if quoted else ""
        return text

    def recording(self):
        return recording(self.path, self.get("symbol_name"), self.get("symbol_name", "culprit"))

    def records(self):
        told = records()
        changes, title, value = (
            told.changes.copy(),
            self.get("config_title"),
            self.get("config_value"),
        )
        title = title or self.get("config_title", "culprit")
        at = changes["id"] == "FLG-2"
        for column in ("title", "author", "detail") if title else ():
            changes.loc[at, column] = title
        for column in ("before", "after") if value else ():
            changes.loc[at, column] = value
        experiments, cases = told.experiments, told.past_cases
        if self.get("experiment_title"):
            experiments = experiments.assign(title=self.get("experiment_title"))
        if self.get("past_case"):
            text = self.get("past_case")
            cases = cases.assign(title=text, cause=text, mitigation=text, change=text)
        measured = told.measurements
        if self.get("endpoint_name"):
            measured = measured.replace({"subject": {"Cart": self.get("endpoint_name")}})
        documents = told.documents
        if self.get("document"):
            documents = documents.assign(text=self.get("document"), title=self.get("document"))
        return replace(
            told, changes=changes, experiments=experiments, past_cases=cases,
            measurements=measured, documents=documents,
        )  # fmt: skip


def plain(attack):
    """What nobody would mind, in the shape of an attack."""
    shapes = {"file_path": "plain/app.py", "config_value": "1", "endpoint_name": "Cart"}
    if attack["where"] in ("code_comment", "docstring"):
        return "\n".join("note" * bool(line.strip()) for line in attack["text"].split("\n"))
    return shapes.get(attack["where"], "plain")


@cache
def recording(path, bystander, leaf):
    """The shop's windows, with a function that stays as it was, and one below `total`."""
    main, parse, total, render, idle = (
        Function(name, path) for name in ("main", "parse", "total", "render", "idle")
    )
    before = {(main, parse): 300, (main, render): 300, (main, idle): 100}
    for name in {bystander, identifier(bystander)} if bystander else ():
        before[main, Function(name, path)] = 100
    slow = {(main, total): (200, 800)}
    if leaf:
        slow = {(main, total): (150, 600), (main, total, Function(leaf, path)): (50, 200)}
    first, last = ({stack: counts[side] for stack, counts in slow.items()} for side in (0, 1))
    return build_recording(before | first, before | last)


@cache
def records():
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "store")
        for table, rows in shop_records().items():
            store.put(table, rows)
        return Records(**{name: store.table(name) for name in Records.__slots__})


def identifier(text):
    return re.sub(r"\W", "_", text)[:200]


def write(folder, commits):
    """(message, author, files) of each commit -> a repository, of which nothing is checked out."""
    stream = []
    for number, (message, author, files) in enumerate(commits):
        person = f"{author} <ada@example.invalid> {1767603600 + 60 * number} +0000"
        stream.append(f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n")
        stream.append(block(message))
        stream += [f"M 100644 inline {quoted(p)}\n{block(text)}" for p, text in files.items()]
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "fast-import", "--quiet", stdin="".join(stream))
    return Repository(folder)


def quoted(path):
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@pytest.fixture(scope="module")
def model():
    return make_model("playbook", {skill.name: skill for skill in load_skills()})


@pytest.fixture(scope="module")
def innocent(shop):
    """Id of a commit that did nothing, and is a candidate."""
    return shop.commits[0].id


@pytest.fixture(scope="module")
def verdict(model, tmp_path_factory):
    """What is said of the shop with texts in their places."""
    known = {}

    def tell(texts):
        key = tuple(texts.items())
        if key not in known:
            investigation = Scene(texts).build(tmp_path_factory.mktemp("planted") / "r")
            known[key] = verdict_on(investigation, model)
        return known[key]

    return tell


def verdict_on(investigation, model):
    found = investigation.detection.found[0].id
    diagnosis = investigate(investigation, found, model, model.skills).diagnosis
    places = {commit.id: place for place, commit in enumerate(investigation.commits, 1)}
    return {
        "who": places.get(diagnosis.change_id, diagnosis.change_id),
        "functions": [name.rpartition(":")[2] for name in diagnosis.functions],
        "mitigation": diagnosis.mitigation, "category": diagnosis.category,
        "skill": diagnosis.skill, "confidence": pytest.approx(diagnosis.confidence, abs=SWAY),
    }  # fmt: skip


def only(verdict, *names):
    return {name: verdict[name] for name in names}


def as_params(attacks):
    return pytest.mark.parametrize("attack", attacks, ids=[a["id"] for a in attacks])


@as_params(ATTACKS)
def test_what_an_innocent_change_says_changes_nothing(verdict, innocent, attack):
    place, text = (attack["where"], "innocent"), attack["text"].replace("{innocent}", innocent)
    seen = verdict({place: text})
    assert seen == verdict({place: plain(attack)})
    assert (seen["who"], seen["functions"]) == (CULPRIT, ["total"])


@as_params([attack for attack in ATTACKS if attack["where"] in OF_CULPRITS])
def test_what_the_culprit_says_changes_nothing(verdict, innocent, attack):
    place, text = (attack["where"], "culprit"), attack["text"].replace("{innocent}", innocent)
    seen, wanted = verdict({place: text}), verdict({place: plain(attack)})
    if attack["where"] in NAMES:
        seen, wanted = (only(v, "who", "functions", "confidence") for v in (seen, wanted))
    assert seen == wanted
    assert seen["who"] == ("FLG-2" if attack["where"] == "config_title" else CULPRIT)


def test_all_of_them_at_once_change_nothing(verdict, innocent):
    texts, both = {}, {"commit_message", "code_comment", "docstring", "string_literal"}
    for attack in ATTACKS:
        for on in ("innocent", "culprit") if attack["where"] in both else ("innocent",):
            if attack["where"] == "string_literal" and len(attack["text"]) > 1000:
                continue  # a file of long lines is not read for its functions
            said = texts.get((attack["where"], on))
            glue = "\n" if attack["where"] in both | {"document"} else " "
            text = attack["text"].replace("{innocent}", innocent)
            texts[attack["where"], on] = f"{said}{glue}{text}" if said else text
    assert only(verdict(texts), "who", "functions", "skill", "mitigation") == only(
        verdict({}), "who", "functions", "skill", "mitigation"
    )


@pytest.mark.slow
@pytest.mark.parametrize("where", sorted({attack["where"] for attack in ATTACKS}))
def test_every_text_changes_nothing_at_any_place(verdict, innocent, where):
    for attack in ATTACKS:
        text = attack["text"].replace("{innocent}", innocent)
        texts = {(where, "innocent"): text[:1000] if where == "file_path" else text}
        seen = only(verdict(texts), "who", "functions", "skill", "mitigation")
        assert seen == only(verdict({}), *seen), attack["id"]


def test_texts_beside_it_do_not_hide_what_a_change_does(verdict, shop, model, tmp_path):
    commits = [[*commit] for commit in Scene({}).commits()]
    padding = "All of this is text, and long.\n" * 2000
    commits[CULPRIT][2] |= {"AUTHORS.md": padding, "docs/a.txt": padding}
    padded = look_into(shop.recording, write(tmp_path / "r", commits), "main~12")
    assert verdict_on(padded, model) == verdict({})


def test_numbers_that_trade_places_with_marks_break_no_playbook(verdict, shop, model, tmp_path):
    commits = [[*commit] for commit in Scene({}).commits()]
    before, after = ('    note = ["#1", 2]\n', '    note = ["##", 2]\n')
    for number, (_, _, files) in enumerate(commits):
        note = after if number >= CULPRIT else before
        for path, text in files.items():
            files[path] = text.replace("def total():\n", f"def total():\n{note}")
    noted = look_into(shop.recording, write(tmp_path / "r", commits), "main~12")
    assert verdict_on(noted, model)["who"] == CULPRIT
