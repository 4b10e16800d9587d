"""A file put down where the target can reach it, though somebody may be out to exchange it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from locktrace.launch.inject.drop import Drop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "theirs"
    there.mkdir(mode=0o700)
    return there


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A file that nobody may touch, alone in its folder."""
    file = tmp_path / "precious" / "file"
    file.parent.mkdir()
    file.write_text("kept")
    return file


def drop(folder: Path) -> Drop:
    return Drop("", str(folder), os.geteuid(), os.getegid())


def exchange(folder: str, target: Path) -> None:
    Path(folder).rename(folder + ".old")
    Path(folder).symlink_to(target)


def test_nothing_is_left(folder: Path) -> None:
    with drop(folder).holding("visit.py", b"1") as dropped:
        dropped.write(b"23")
        assert Path(dropped.path).read_bytes() == b"23"
        assert Path(dropped.folder).stat().st_mode & 0o777 == 0o700
        (Path(dropped.folder) / "answer").write_bytes(b"ok=yes")
        assert dropped.read("answer", 2) == b"ok"
        assert dropped.read("none", 2) is None
    assert list(folder.iterdir()) == []


def test_it_stays_when_told_to(folder: Path) -> None:
    with contextlib.suppress(TimeoutError), drop(folder).holding("visit.py", b"1") as dropped:
        dropped.stays = True
        raise TimeoutError
    assert Path(dropped.path).read_bytes() == b"1"


def test_a_folder_exchanged_afterwards_is_not_emptied(folder: Path, precious: Path) -> None:
    with drop(folder).holding("visit.py", b"1") as dropped:
        exchange(dropped.folder, precious.parent)
        dropped.write(b"2")
    assert [path.name for path in precious.parent.iterdir()] == ["file"]


def test_a_folder_exchanged_at_once_is_not_written_to(
    folder: Path, precious: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def made_and_exchanged(name: str, mode: int, *, dir_fd: int) -> None:
        make(name, mode, dir_fd=dir_fd)
        exchange(str(folder / name), precious.parent)

    monkeypatch.setattr(os, "mkdir", made_and_exchanged)
    with pytest.raises(OSError), drop(folder).holding("visit.py", b"1"):  # noqa: PT011
        pass
    assert [path.name for path in precious.parent.iterdir()] == ["file"]


def test_an_answer_that_is_no_plain_file_is_none(folder: Path, precious: Path) -> None:
    with drop(folder).holding("visit.py", b"1") as dropped:
        answer = Path(dropped.folder) / "answer"
        answer.symlink_to(precious)
        assert dropped.read("answer", 10) is None
        answer.unlink()
        os.mkfifo(answer)
        assert dropped.read("answer", 10) is None


def test_a_folder_that_others_may_rename_in_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locktrace.launch.inject.drop._environ", lambda _: {"TMPDIR": str(folder)})
    assert str(folder) in [place.folder for place in Drop.places(os.getpid())]
    folder.chmod(0o777)
    assert str(folder) not in [place.folder for place in Drop.places(os.getpid())]
    folder.chmod(0o1777)
    assert str(folder) in [place.folder for place in Drop.places(os.getpid())]
