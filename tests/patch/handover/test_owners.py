import pytest

from workbench.patch.handover.owners import PLACES, Owners, find_owners

PATHS = ("app.py", "feed/read.py", "docs/guide.md", "feed/generated/api.py", "a file.txt")


@pytest.fixture
def owners_of(make_repository):
    """Text of CODEOWNERS, a file, and who else -> its owners."""

    def find(text, *paths, fallback="", place="CODEOWNERS"):
        repository = make_repository({place: text})
        return find_owners(repository, "HEAD", paths, fallback)

    return find


RULES = {
    "the last that fits": ("* @all\n*.py @py\n", "app.py", ("@py",)),
    "several of one rule": ("*.py @ada @org/core ada@example.com\n", "app.py",
                            ("@ada", "@org/core", "ada@example.com")),
    "a folder": ("* @all\n/feed/ @feed\n", "feed/read.py", ("@feed",)),
    "a folder of another name": ("* @all\n/feed/ @feed\n", "app.py", ("@all",)),
    "stars": ("**/generated/* @robots\n", "feed/generated/api.py", ("@robots",)),
    "a space": ("a\\ file.txt @text\n", "a file.txt", ("@text",)),
    "comments": ("# * @nobody\n*.py @ada # @bob looks on\n", "app.py", ("@ada",)),
    "a rule for nobody": ("* @all\n*.py\n", "app.py", ()),
    "nothing fits": ("*.go @go\n", "app.py", ()),
    "an empty file": ("", "app.py", ()),
    "a role": ("*.py @@maintainer\n", "app.py", ("@@maintainer",)),
    "a group in groups": ("*.py @org/sub/team\n", "app.py", ("@org/sub/team",)),
    "sections add up": ("* @all\n[Python]\n*.py @py\n[Docs]\n*.md @docs\n", "app.py",
                        ("@all", "@py")),
    "the last of each section": ("[A]\n* @a\n*.py @b\n[C]\n* @c\n", "app.py", ("@b", "@c")),
    "a section with owners": ("[Feed team][2] @feed @lead\nfeed/\napp.py @ada\n", "feed/read.py",
                              ("@feed", "@lead")),
    "an optional section": ("^[Docs] @docs\n*.md\n", "docs/guide.md", ("@docs",)),
    "a section in two parts": ("[Feed] @feed\n*.py\n[Other]\n*.md @o\n[FEED]\n/feed/ @f2\n",
                               "feed/read.py", ("@f2",)),
    "an exclusion": ("[Feed] @feed\n*.py\n!app.py\n", "app.py", ()),
    "an exclusion that comes first": ("[Feed] @feed\n!app.py\n*.py\n", "app.py", ()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "path", "names"), RULES.values(), ids=RULES)
def test_a_file_is_of_those_who_are_told(owners_of, text, path, names):
    assert owners_of(text, path) == Owners(names)


@pytest.mark.parametrize("place", PLACES)
def test_the_file_is_found_where_hosts_look(owners_of, place):
    assert owners_of("* @ada\n", "app.py", place=place) == Owners(("@ada",))


def test_the_first_place_counts_and_the_revision_that_is_named(make_repository):
    repository = make_repository(
        {"CODEOWNERS": "* @root", "docs/CODEOWNERS": "* @docs"}, {"CODEOWNERS": "* @later"}
    )
    assert find_owners(repository, "HEAD~1", ["app.py"]).names == ("@root",)
    assert find_owners(repository, "HEAD", ["app.py"]).names == ("@later",)


def test_owners_of_several_files_are_named_once(owners_of):
    found = owners_of("* @all\n*.md @docs\n", "app.py", "docs/guide.md", "feed/read.py")
    assert found.names == ("@all", "@docs")


def test_where_nobody_is_named_the_records_count(owners_of, make_repository):
    assert owners_of("*.go @go\n", "app.py", fallback="team-feed") == Owners(("team-feed",))
    bare = make_repository({"app.py": ""}, name="bare")
    assert find_owners(bare, "HEAD", ["app.py"], "team-feed") == Owners(("team-feed",))
    assert find_owners(bare, "HEAD", ["app.py"]) == Owners()


BROKEN = {
    "no owner": ("*.py ada", "an owner (@account, @group/team or an address), got 'ada'"),
    "an open bracket": ("[ab @ada", "a pattern of paths, got '[ab'"),
    "a section of no owner": ("[Feed] ada", "an owner (@account, @group/team or an address), got 'ada'"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_broken_line_is_told_and_the_others_count(owners_of, line, expected):
    found = owners_of(f"* @all\n{line}\n", "app.py")
    assert found.names == ("@all",)
    assert found.faults == (f"CODEOWNERS, line 2: expected {expected}",)
