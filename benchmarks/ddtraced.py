"""`lock_pairs` under ddtrace's profiler of locks, in an interpreter that has ddtrace.

Its settings come by the environment; see `peer`. It traces the locks that are made after its start.
"""

from __future__ import annotations

import _thread
import sys

from ddtrace.profiling import Profiler

Profiler().start()

from benchmarks import lock_pairs  # noqa: E402

if isinstance(lock_pairs.lock, _thread.LockType):
    sys.exit("benchmarks: this ddtrace does not trace threading.Lock")
lock_pairs.main()
