import os
import subprocess
import sys
import tempfile

import pytest

from workbench.patch.scratch import remove_left, scratch_folder

HOLDS = (
    "import time\nfrom workbench.patch.scratch import scratch_folder\n"
    "with scratch_folder() as place:\n    (place / 'x').touch()\n    print(place, flush=True)\n"
    "    time.sleep(60)\n"
)


@pytest.fixture
def holder(tmp_path, monkeypatch):
    """A process that holds a folder, and the folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as process:  # fmt: skip
        place = tmp_path / process.stdout.readline().strip().rsplit("/", 1)[-1]
        yield process, place
        process.kill()


def test_a_folder_goes_with_its_block():
    with scratch_folder() as place:
        (place / "x").touch()
    assert not place.exists()


def test_what_a_killed_process_left_is_removed_and_what_another_holds_is_not(holder):
    process, place = holder
    remove_left()
    assert (place / "x").is_file()
    process.kill()
    process.wait()
    assert (place / "x").is_file()
    remove_left()
    assert not place.exists()


def test_a_folder_of_this_process_is_not_removed(holder):
    with scratch_folder() as place:
        remove_left()
        assert place.is_dir()
