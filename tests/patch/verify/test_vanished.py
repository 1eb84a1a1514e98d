import pytest

from workbench.patch.verify.vanished import is_missed

FIND = """def find(key):
    found = KNOWN.get(key)
    if found is None:
        raise Missing(key)
    return found
"""
CAUGHT = (
    "def use(key):\n    try:\n        return find(key)\n    except Missing:\n        return 0\n"
)


@pytest.mark.parametrize(
    ("function", "edited"),
    [
        (FIND, CAUGHT),
        (FIND, CAUGHT.replace("except Missing", "except (KeyError, Missing)")),
        (FIND, CAUGHT.replace("except Missing", "except Exception")),
        (FIND, CAUGHT.replace("except Missing:", "except:")),
        ("def find(key):\n    return KNOWN[key]\n", "def use(key):\n    return find(key)\n"),
    ],
    ids=["caught", "one of two", "any", "bare", "an answer alone"],
)
def test_what_only_told_which_way_to_go_is_not_missed(function, edited):
    assert not is_missed(function, "find", [edited])


@pytest.mark.parametrize(
    ("function", "edited"),
    [
        (FIND, "def use(key):\n    return find(key)\n"),
        (FIND, CAUGHT.replace("except Missing", "except KeyError")),
        (FIND, CAUGHT + "\n\ndef other(key):\n    return find(key)\n"),
        (FIND, CAUGHT.replace("return 0", "return find(0)")),
        (FIND, "def use(key):\n    return 0\n"),
        (FIND.replace("    return found", "    seen.append(key)\n    return found"), CAUGHT),
        (FIND.replace("raise Missing(key)", "raise"), CAUGHT),
        (FIND, "def ("),
    ],
    ids=[
        "not caught", "another is caught", "called elsewhere", "called in the handler",
        "who called it is not seen", "it notes something", "no name", "no Python",
    ],
)  # fmt: skip
def test_what_it_did_besides_is_missed(function, edited):
    assert is_missed(function, "find", [edited])
