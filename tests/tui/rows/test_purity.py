import subprocess
import sys

from tests.support import PATIENCE_S


def test_rows_are_made_without_textual():
    code = (
        "import importlib, pkgutil, sys, locktrace_tui.rows as rows\n"
        "names = [m.name for m in pkgutil.iter_modules(rows.__path__, 'locktrace_tui.rows.')]\n"
        "assert len(names) > 5, names\n"
        "[importlib.import_module(name) for name in names]\n"
        "print(*(m for m in sys.modules if m.partition('.')[0] == 'textual'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.split() == []
