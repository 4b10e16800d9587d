"""`[[tool.locktrace.suppressions]]`: what an entry holds for, and what is said of a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from locktrace.errors import UsageError
from locktrace.model import (
    Certainty,
    Finding,
    Lock,
    Process,
    RoleSite,
    Severity,
    Site,
    Snapshot,
)
from locktrace.suppression import configured


def finding_in(root: Path) -> tuple[Snapshot, Finding]:
    """A convoy of `Pool.slots`, made in app/pool.py:3 and waited for in app/pool.py:41."""
    file = str(root / "app" / "pool.py")
    lock = Lock(1, "Lock", "Pool.slots", Site(file, 3, "Pool.__init__"))
    snapshot = Snapshot(Process(1, 0.0, "", "", ()), 0, 0.0, {1: lock})
    finding = Finding(
        "convoy",
        Severity.WARNING,
        Certainty.HELD_BY,
        "",
        (1,),
        (RoleSite(Site(file, 41, "Pool.take"), "waiter"),),
    )
    return snapshot, finding


def entries(root: Path, text: str):  # type: ignore[no-untyped-def]
    (root / "pyproject.toml").write_text(f"[[tool.locktrace.suppressions]]\n{text}\n")
    return configured(root)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('kind = "convoy"', True),
        ('kind = ["stall", "convoy"]', True),
        ('kind = "stall"', False),
        ('lock = "Pool.*"', True),
        ('lock = "Pool"', False),
        ('site = "app/pool.py"', True),
        ('site = "app/*"', True),
        ('site = "app"', True),
        ('site = "pool.py"', False),
        ('site = "app/pool.py:41"', True),
        ('site = "app/pool.py:3"', True),  # where the lock is made
        ('site = "app/pool.py:40"', False),
        ('function = "Pool.take"', True),
        ('function = "take"', False),
        ('site = "app/pool.py:3"\nfunction = "Pool.take"', False),  # no one place is both
        ('kind = "convoy"\nlock = "Pool.slots"\nsite = "app/*"\nfunction = "Pool.*"', True),
        ('kind = "convoy"\nlock = "Other"', False),
    ],
)
def test_an_entry_holds_for_what_all_of_its_words_fit(
    tmp_path: Path, text: str, holds: bool
) -> None:
    (entry,) = entries(tmp_path, text)
    assert entry.matches(*finding_in(tmp_path)) is holds


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('kind = "nope"', "suppression 1: there is no finding kind 'nope'; the kinds are blocked-"),
        ("kind = 3", "'kind' is to be a kind of finding or a list of them"),
        ('lock = ["a"]', "'lock' is to be a string"),
        ('reason = "because"', "says no kind, lock, site or function"),
        ('kid = "convoy"', "has 'kid', which means nothing"),
    ],
)
def test_a_bad_entry_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence.replace("[", r"\[")) as caught:
        entries(tmp_path, text)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_misspelt_table_is_told_and_none_at_all_is_fine(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[[tool.locktrace.supressions]]\nkind = 'convoy'\n")
    with pytest.raises(UsageError, match="knows no 'supressions'"):
        configured(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'app'\n")
    assert configured(tmp_path) == ()
