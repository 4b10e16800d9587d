"""Runs another target in a pid namespace of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

inner = Path(__file__).with_name(f"{sys.argv[1]}.py")
command = ["unshare", "--pid", "--fork", sys.executable, str(inner)]
sys.exit(subprocess.call(command))
