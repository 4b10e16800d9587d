"""Starts a Python child that says whether it is traced."""

import subprocess
import sys

CHILD = "import sys, threading; print('locktrace' in sys.modules, type(threading.Lock()))"
subprocess.run([sys.executable, "-c", CHILD], check=True)
