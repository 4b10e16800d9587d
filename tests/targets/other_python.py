"""Runs a child under the Python that its first argument names."""

import subprocess
import sys

CHILD = """
import sys, threading
lock = threading.Lock()
def withdraw():
    lock.acquire()
withdraw()
"""
subprocess.run([sys.argv[1], "-c", CHILD], check=True)
