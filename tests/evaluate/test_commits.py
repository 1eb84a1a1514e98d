import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import CaseError
from workbench.evaluate.cases.commits import _shuffle, build_repository
from workbench.evaluate.cases.split import ChangeKey
from workbench.history import Repository, run_git

CORE = (
    "".join(f"def f{i}():\n    return {i}\n\n\n" for i in range(8)) + "def total():\n    return 0\n"
)
OLD = {
    "small/core.py": CORE,
    "small/data.bin": "\x00\udcff\udcfe",
    "small/old.py": "def gone():\n    pass\n",
    "small-1.0.dist-info/METADATA": "Version: 1.0\n",
    "small/same.txt": "the same\n",
}
NEW = {
    "small/core.py": CORE.replace("return ", "return 1 + "),
    "small/data.bin": "\x00\udcff",
    "small/new name é.py": "def came():\n    pass",
    "small-1.1.dist-info/METADATA": "Version: 1.1\n",
    "small/same.txt": "the same\n",
}
TAGS = ("v1.0", "v1.1")
CULPRIT = ("small.core:total",)


@pytest.fixture
def build(write_tree, tmp_path):
    before, after = write_tree("before", OLD), write_tree("after", NEW)

    def build(name="repo", seed=0, culprits=CULPRIT):
        return build_repository(
            tmp_path / name, before, after, tags=TAGS, culprits=culprits, seed=seed
        )

    return build


def log(folder, field):
    return run_git(folder, "log", "--reverse", f"--format={field}", "main").splitlines()


def test_the_head_is_the_later_release(build, tmp_path):
    history = build()
    repository = Repository(tmp_path / "repo")
    for tag, tree, commit in zip(TAGS, (OLD, NEW), (history.base, history.head), strict=True):
        assert repository.resolve(tag) == commit
        assert {p: repository.read(p, tag) for p in repository.files(tag)} == tree
    assert repository.uncommitted() == []
    on_disk = (tmp_path / "repo" / "small" / "data.bin").read_bytes()
    assert on_disk == b"\x00\xff"


def test_there_is_a_commit_for_each_change(build, tmp_path):
    history = build()
    ids = log(tmp_path / "repo", "%H")
    assert history.n_commits == len(ids) - 1 == 9 + 5  # functions; files that came, went, differ
    assert (history.base, history.head) == (ids[0], ids[-1])
    assert len(Repository(tmp_path / "repo").commits(*TAGS)) == history.n_commits


def test_the_same_seed_gives_the_same_commits(build):
    one, two, other = build("one"), build("two"), build("other", seed=1)
    assert one == two
    assert one.head != other.head


def test_the_culprit_is_found_by_its_function_and_neither_first_nor_last(build, tmp_path):
    for seed in range(4):
        history = build(f"repo{seed}", seed)
        folder = tmp_path / f"repo{seed}"
        (culprit,) = history.culprits
        title = run_git(folder, "show", "--no-patch", "--format=%s", culprit).strip()
        assert title == "Change total in small/core.py (same length)"
        candidates = log(folder, "%H")[1:]
        assert culprit in candidates[1:-1]


@pytest.mark.parametrize(
    ("function", "title"),
    [
        ("small.new name é:came", "Add small/new name é.py"),
        ("small.old:gone", "Remove small/old.py"),
    ],
)
def test_a_file_that_comes_or_goes_touches_all_in_it(build, tmp_path, function, title):
    (culprit,) = build(culprits=(function,)).culprits
    assert run_git(tmp_path / "repo", "show", "--no-patch", "--format=%s", culprit).strip() == title


def test_a_function_that_nothing_touches_has_no_culprit(build):
    assert build(culprits=("small.core:nobody",)).culprits == ()


def test_a_message_is_one_line_that_does_not_tell(build, tmp_path):
    build()
    folder = tmp_path / "repo"
    messages = run_git(folder, "log", "--format=%B%x00", "main").split("\0")[:-1]
    assert all(message.strip("\n").count("\n") == 0 for message in messages)
    titles = log(folder, "%s")
    assert titles[0] == "Import the release"
    assert not any(word in " ".join(titles).lower() for word in ("culprit", "slow", "regression"))


def test_commits_are_dated_in_order_and_by_several_people(build, tmp_path):
    build()
    dates = log(tmp_path / "repo", "%at")
    assert dates == sorted(dates, key=int)
    assert len(set(dates)) == len(dates)
    assert len(set(log(tmp_path / "repo", "%an"))) > 3


def test_releases_that_do_not_differ_are_refused(write_tree, tmp_path):
    same = write_tree("before", OLD)
    with pytest.raises(CaseError, match="do not differ"):
        build_repository(tmp_path / "r", same, same, tags=TAGS, culprits=(), seed=0)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 99))
@settings(max_examples=60)
def test_the_ends_are_innocent_where_there_are_enough(guilt, seed):
    keys = [ChangeKey("a.py", str(i)) for i in range(len(guilt))]
    guilty = {key for key, is_guilty in zip(keys, guilt, strict=True) if is_guilty}
    order = _shuffle(keys, guilty, seed)
    assert sorted(order) == sorted(keys)
    assert order == _shuffle(keys, guilty, seed)
    if len(keys) - len(guilty) >= 2:
        assert order[0] not in guilty
        assert order[-1] not in guilty
