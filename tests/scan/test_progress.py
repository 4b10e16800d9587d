"""Progress: on a terminal, after a while, and nowhere else."""

from __future__ import annotations

import io

from locktrace.scan.progress import QUIET_S, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_scan_tells_its_progress_on_a_terminal_and_cleans_the_line():
    now = 0.0
    screen = Terminal()
    progress = Progress(screen, lambda: now)
    progress(1, 2000)
    assert screen.getvalue() == ""
    now = QUIET_S * 2
    progress(1500, 2000)
    progress.close()
    assert "scanning: 1,500 of 2,000 files" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_nothing_is_written_where_nobody_looks():
    stream = io.StringIO()
    now = 0.0
    progress = Progress(stream, lambda: now)
    now = QUIET_S * 2
    progress(1500, 2000)
    progress.close()
    assert stream.getvalue() == ""
