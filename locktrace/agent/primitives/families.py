"""Every family of primitives, and when it is patched: at once, or when its module is imported."""

from __future__ import annotations

from functools import partial

from locktrace.agent.primitives import (
    asyncio_locks,
    barrier,
    condition,
    event,
    futures,
    import_lock,
    logging_locks,
    process,
    process_queues,
    queues,
    rwlock_libraries,
    semaphore,
    simple_queue,
    thread,
)
from locktrace.agent.primitives.imports import ImportWatch
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.simple_queue import MethodTables


def patch(patches: Patches, watch: ImportWatch, tables: MethodTables | None) -> None:
    """Trace all that is there, and through `watch` what comes."""
    for family in (condition, event, semaphore, barrier, thread, import_lock):
        family.patch(patches)
    watch.when_imported("queue", partial(queues.patch, patches))
    watch.when_imported("queue", lambda module: simple_queue.patch(patches, module, tables))
    if tables is not None:
        watch.when_imported("multiprocessing.queues", partial(process_queues.patch, patches))
        watch.when_imported(
            "multiprocessing.synchronize", partial(barrier.patch_processes, patches)
        )
    for name, trace in (
        ("concurrent.futures._base", futures.patch_base),
        ("concurrent.futures.thread", futures.patch_threads),
        ("concurrent.futures.process", futures.patch_processes),
        ("asyncio", asyncio_locks.patch),
        ("logging", logging_locks.patch),
        ("multiprocessing.process", process.patch),
        ("readerwriterlock.rwlock", rwlock_libraries.patch_readerwriterlock),
        ("fasteners", rwlock_libraries.patch_fasteners),
        ("aiorwlock", rwlock_libraries.patch_aiorwlock),
    ):
        watch.when_imported(name, partial(trace, patches))
