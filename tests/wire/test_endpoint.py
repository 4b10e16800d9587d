"""A socket folder is trusted only when nobody else could have put something into it."""

from __future__ import annotations

import os
from pathlib import Path

from locktrace.wire import endpoint

UID = os.geteuid()


def test_the_runtime_folder_comes_first_and_the_temp_folder_last() -> None:
    environ = {"XDG_RUNTIME_DIR": "/run/user/7", "TMPDIR": "/var/tmp"}
    assert endpoint.folders(environ, 7) == ["/run/user/7/locktrace", "/var/tmp/locktrace-7"]


def test_a_relative_runtime_folder_is_ignored() -> None:
    assert endpoint.folders({"XDG_RUNTIME_DIR": "run"}, 7) == ["/tmp/locktrace-7"]


def test_a_private_folder_of_ones_own_is_trusted(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert endpoint.distrust(str(tmp_path), UID) is None


def test_a_folder_that_others_may_enter_is_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert "open to other users (mode 0755)" in (endpoint.distrust(str(tmp_path), UID) or "")


def test_somebody_elses_folder_is_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert "belongs to user" in (endpoint.distrust(str(tmp_path), UID + 1) or "")


def test_a_link_to_a_sound_folder_is_not(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    link = tmp_path / "link"
    link.symlink_to(real)
    assert "not a folder" in (endpoint.distrust(str(link), UID) or "")


def test_a_missing_folder_is_not(tmp_path: Path) -> None:
    assert "cannot be read" in (endpoint.distrust(str(tmp_path / "none"), UID) or "")
