from __future__ import annotations

import contextlib
import os
import resource
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from locktrace.errors import CannotSaveError, LocktraceError
from locktrace.snapshots.store import StallStore, default_folder


@pytest.fixture
def store(tmp_path):
    return StallStore(tmp_path / "state" / "stalls", keep=3)


def at(stall, second):
    """The same stall taken `second` seconds later."""
    snapshot = stall.snapshot
    return replace(stall, id="", snapshot=replace(snapshot, taken_at=snapshot.taken_at + second))


def names(store):
    return sorted(path.name for path in store.folder.iterdir())


def test_what_is_saved_can_be_loaded_by_the_name_of_its_file(store, stall):
    path = store.save(stall)
    assert path == store.folder / "20261123-150301-4242.json"
    assert store.path(path.stem) == path
    assert store.load(path.stem) == stall


def test_a_snapshot_without_an_id_gets_its_time_and_pid(store, stall):
    assert store.save(replace(stall, id="")).stem == "20261123-150301-4242"


def test_folder_and_files_are_the_owners_alone(store, stall):
    store.folder.mkdir(parents=True, mode=0o755)
    path = store.save(stall)
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_ids_within_one_second_differ_and_sort_by_age(store, stall):
    ids = [store.save(stall).stem for _ in range(3)]
    assert ids == [
        "20261123-150301-4242",
        "20261123-150301-4242-02",
        "20261123-150301-4242-03",
    ]
    assert [entry.id for entry in store.list()] == ids
    assert store.load(ids[2]).id == ids[2]


def test_many_who_save_at_once_all_get_their_own(stall, tmp_path):
    store = StallStore(tmp_path, keep=100)
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: store.save(stall), range(24)))
    assert len(set(paths)) == 24
    assert all(entry.readable for entry in store.list())


def test_the_oldest_are_removed_beyond_the_cap(store, stall):
    saved = [store.save(at(stall, second)) for second in range(5)]
    assert [entry.path for entry in store.list()] == saved[2:]
    assert not saved[0].exists()


def test_the_list_tells_the_worst_finding_of_each(store, stall):
    store.save(stall)
    (entry,) = store.list()
    assert (entry.pid, entry.taken_at) == (4242, stall.snapshot.taken_at)
    assert entry.headline == stall.findings[0].message


def test_no_folder_is_an_empty_list(store):
    assert store.list() == ()
    assert not store.folder.exists()


def test_a_corrupt_file_is_listed_as_unreadable_and_hides_no_other(store, stall):
    store.save(stall)
    (store.folder / "20261123-150302-1.json").write_text('{"schema": 1')
    good, bad = store.list()
    assert (good.readable, bad.readable) == (True, False)
    assert bad.headline == "unreadable: This is no locktrace dump: it is not JSON."
    with pytest.raises(LocktraceError, match=r"20261123-150302-1.json cannot be read: .* not JSON"):
        store.load("20261123-150302-1")


def test_an_id_that_is_not_there_is_said_to_be_missing(store):
    with pytest.raises(LocktraceError, match="there is no saved stall snapshot 20260101-000000-1;"):
        store.load("20260101-000000-1")


@pytest.mark.parametrize("id", ["", "../secret", "/etc/passwd", "a/b", "..", "a\nb"])
def test_an_id_cannot_lead_out_of_the_folder(store, id):
    with pytest.raises(LocktraceError, match="is not the id of a stall snapshot"):
        store.load(id)


def test_a_folder_that_cannot_be_made_is_one_sentence(stall, tmp_path):
    (tmp_path / "file").write_text("")
    store = StallStore(tmp_path / "file" / "stalls")
    with pytest.raises(CannotSaveError, match=r"could not be saved in .*: Not a directory\.$"):
        store.save(stall)
    assert store.list() == ()


@contextlib.contextmanager
def without_rights():
    """As a user who is not root, for whom read-only means read-only."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_folder_is_one_sentence(stall):
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o500)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    try:
        with without_rights(), pytest.raises(CannotSaveError, match=r"Permission denied\.$"):
            StallStore(folder).save(stall)
    finally:
        folder.rmdir()


FILL = """
import resource, sys
from pathlib import Path
from locktrace.errors import CannotSaveError
from locktrace.snapshots.store import StallStore
store = StallStore(Path(sys.argv[1]))
stall = store.load(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    store.save(stall)
except CannotSaveError as error:
    print(error)
"""


def test_a_file_that_cannot_be_written_to_its_end_leaves_nothing_behind(store, stall):
    """A limit on the size of files stands for a full disk: the write fails half way."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000
    path = store.save(stall)
    outcome = subprocess.run(
        [sys.executable, "-c", FILL, str(store.folder), path.stem],
        capture_output=True,
        text=True,
        check=True,
    )
    assert outcome.stdout.strip().endswith(": File too large.")
    assert outcome.stderr == ""
    assert names(store) == [path.name]


def test_what_a_killed_process_left_half_written_is_removed_in_time(store, stall):
    store.save(stall)
    old, young = store.folder / ".saving-old", store.folder / ".saving-young"
    old.write_text("{")
    young.write_text("{")
    os.utime(old, (time.time() - 7200,) * 2)
    store.save(at(stall, 1))
    assert not old.exists()
    assert young.exists()
    assert all(entry.readable for entry in store.list())


def test_the_state_folder_follows_the_xdg_specification(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert default_folder() == Path("/var/state/locktrace/stalls")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_folder() == Path("/home/me/.local/state/locktrace/stalls")
    monkeypatch.delenv("XDG_STATE_HOME")
    assert StallStore().folder == Path("/home/me/.local/state/locktrace/stalls")
