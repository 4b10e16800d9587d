"""A handler made before tracing, one made after it, and logging's own lock, all held."""

import logging
import sys

old = logging.StreamHandler(sys.stderr)

import locktrace  # noqa: E402

locktrace.install()
new = logging.FileHandler("/dev/null")


def main():
    with old.lock, new.lock, logging._lock:
        print("ready", flush=True)
        sys.stdin.readline()


main()
