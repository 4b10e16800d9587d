"""Has a Python child that is not traced, as it knows nothing of the environment."""

import subprocess
import sys

child = subprocess.Popen([sys.executable, "-I", "-c", "input()"], stdin=subprocess.PIPE)
print("started", flush=True)
sys.stdin.readline()
child.communicate(b"\n")
