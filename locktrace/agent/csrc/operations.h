/* What each hooked method does before and after the original; all return what that returned, and
 * forward to it whatever happens.
 */
#ifndef LOCKTRACE_OPERATIONS_H
#define LOCKTRACE_OPERATIONS_H

#include "direct.h"
#include "traced_locks.h"

HOT void record_acquired(struct entry *entry, enum lock_type type, struct actor *actor, void *frame,
                         int depth)
{
    if (type == SEMLOCK) {
        semaphore_acquired(entry, actor, frame);
    } else if (type == RLOCK) {
        entry_acquired_again(entry, actor, frame, depth);
    } else {
        entry_acquired(entry, actor, 0, frame);
    }
}

/* `acquire(False)` by the original method: 1, 0 or, with an exception, -1. */
COLD int try_by_method(PyObject *self, enum lock_type type)
{
    const int slot = ACQUIRE_SLOT[type];
    PyObject *result, *vector[] = {Py_False};
    if (slots[slot].convention == VARARGS_KEYWORDS) {
        result = ((PyCFunctionWithKeywords)(void (*)(void))slots[slot].saved)(self, args_nonblocking, NULL);
    } else {
        result = ((fast_keywords_function)(void (*)(void))slots[slot].saved)(self, vector, 1, NULL);
    }
    Py_XDECREF(result); /* True or False, which nobody frees */
    return result == NULL ? -1 : result == Py_True;
}

/* Without blocking: 1, 0 or, with an exception, -1. */
HOT int try_acquire(PyObject *self, enum lock_type type)
{
    return is_direct[type] ? direct_take(self, type) : try_by_method(self, type);
}

HOT PyObject *taken(void)
{
    Py_INCREF(Py_True);
    return Py_True;
}

/* An acquire that may block. Where threads contend all of them wait for what one of them does
 * with the GIL, and reading no arguments twice is a good part of that. */
COLD PyObject *call_blocking(const struct call *call, enum lock_type type)
{
    if (!can_wait(type) || !call_is_bare(call)) {
        return call_original(call);
    }
    return direct_wait(call->self, type) ? taken() : NULL;
}

/* A lock that nobody is told of: where a wait for a compound primitive really blocks. */
COLD PyObject *acquire_hidden(const struct call *call, enum lock_type type, struct actor *actor)
{
    if (actor != NULL && actor->waits != NULL) {
        actor->waits->blocks_on = call->self;
    }
    return call_blocking(call, type);
}

/* As `record_acquired` at the end of a wait, which came from the same place. */
COLD void record_awaited(struct entry *entry, enum lock_type type, const struct wait *wait,
                         uint64_t now, int depth)
{
    if (type == SEMLOCK) {
        semaphore_acquired(entry, wait->actor, thread_frame(PyThreadState_Get()));
        return;
    }
    struct hold *hold = hold_begin(entry, wait->actor, 0, wait->stack, wait->frame, now);
    if (hold != NULL) {
        hold->depth = depth;
    }
}

/* The original, which may block, inside a recorded wait; then `depth` levels are held. */
COLD PyObject *acquire_blocking(const struct call *call, enum lock_type type, int timed, int depth)
{
    struct entry *entry = lock_entry(call->self, type);
    struct actor *actor = actor_here();
    struct wait *wait = entry != &hidden_entry && actor != NULL ? wait_new(actor) : NULL;
    if (wait == NULL) {
        return acquire_hidden(call, type, actor);
    }
    wait_begin(wait, entry, actor, 0, timed, thread_frame(PyThreadState_Get()));
    PyObject *result = call_blocking(call, type);
    uint64_t now = wait_end(wait);
    if (result != NULL && result != Py_False && armed) {
        entry = lock_entry(call->self, type); /* another one, if we were disarmed meanwhile */
        if (entry != &hidden_entry) {
            actor->manner = timed ? FLAG_TIMED : 0;
            record_awaited(entry, type, wait, now, depth);
        }
    }
    wait_free(wait);
    return result;
}

/* An acquire with arguments: it may be one that does not block, or that raises. */
COLD PyObject *acquire_passing(const struct call *call, enum lock_type type)
{
    PyObject *result = call_original(call);
    if (result == Py_True && armed) {
        struct entry *entry = lock_entry(call->self, type);
        struct actor *actor = actor_here();
        if (entry != &hidden_entry && actor != NULL) {
            actor->manner = FLAG_TRY;
            record_acquired(entry, type, actor, thread_frame(PyThreadState_Get()), 1);
        }
    }
    return result;
}

/* Whether an acquire must block: we have seen somebody take the lock, and not give it back. */
HOT int is_held(const struct entry *entry, enum lock_type type, const struct actor *actor)
{
    const struct hold *hold = type != SEMLOCK && entry->unlisted == 0 ? entry->holds : NULL;
    return hold != NULL && hold->found == 0 && (type == LOCK || hold->actor != actor);
}

/* An acquire in all its cases. The call comes as a copy, so that it needs no memory in the usual one. */
COLD PyObject *acquire_any(const struct call copy, enum lock_type type)
{
    const struct call *call = &copy;
    PyThreadState *ts = tracing_here();
    if (ts == NULL || (type == SEMLOCK && !is_semlock(call->self))) {
        return call_original(call);
    }
    if (table_find(call->self) == &hidden_entry) {
        return acquire_hidden(call, type, actor_of_thread);
    }
    int timed = 0;
    if (!call_is_bare(call)) {
        enum plan plan = type == SEMLOCK ? plan_of_semaphore(call) : plan_of(call);
        if (plan == PASS) {
            return acquire_passing(call, type);
        }
        if (plan == UNCLEAR) {
            return acquire_blocking(call, type, 0, 1);
        }
        timed = plan == TRY_FIRST_TIMED;
    }
    struct entry *entry = lock_entry(call->self, type);
    struct actor *actor = actor_here();
    if (entry == &hidden_entry || actor == NULL) { /* there is no memory for it */
        return call_original(call);
    }
    if (is_held(entry, type, actor)) {
        return acquire_blocking(call, type, timed, 1);
    }
    const int got = try_acquire(call->self, type);
    if (got <= 0) {
        return got < 0 ? NULL : acquire_blocking(call, type, timed, 1);
    }
    if (__builtin_expect(timed, 0)) {
        actor->manner = FLAG_TIMED;
    }
    record_acquired(entry, type, actor, thread_frame(ts), 1);
    return taken();
}

/* The usual case: no arguments, a lock and a thread that we know, and it is there to be taken. */
HOT PyObject *hook_acquire(const struct call *call, enum lock_type type)
{
    PyThreadState *ts = is_direct[type] && call_is_bare(call) ? tracing_here() : NULL;
    struct entry *entry = ts != NULL ? table_find(call->self) : NULL;
    struct actor *actor = actor_of_thread;
    if (__builtin_expect(entry == NULL || entry == &hidden_entry || actor == NULL ||
                         !direct_take(call->self, type), 0)) {
        return acquire_any(*call, type);
    }
    record_acquired(entry, type, actor, thread_frame(ts), 1);
    return taken();
}

HOT PyObject *hook_release(const struct call *call, enum lock_type type, int levels)
{
    struct entry *entry = tracing_here() != NULL ? table_find(call->self) : NULL;
    struct actor *actor = entry != NULL && entry != &hidden_entry ? actor_here() : NULL;
    if (actor == NULL) {
        return call_original(call);
    }
    struct hold *hold = type == SEMLOCK ? semaphore_released(entry, actor)
                        : type == RLOCK ? entry_released_again(entry, actor, levels)
                                        : entry_released(entry, actor, 0);
    PyObject *result = call_original(call);
    if (hold != NULL) {
        if (__builtin_expect(result != NULL, 1)) {
            hold_free(hold);
        } else if (table_find(call->self) == entry) { /* to fail makes an exception: anything runs */
            entry_restore(entry, hold);
        } else {
            hold_free(hold);
        }
    }
    return result;
}

/* How many levels `_acquire_restore` takes back; 0 when its argument is none that we know. */
COLD long restored_depth(const struct call *call)
{
    int single = slots[ACQUIRE_RESTORE_SLOT].method->ml_flags & METH_O;
    PyObject *state = single ? call->args : call_argument(call, 0, "state");
    if (state == NULL || !PyTuple_Check(state) || PyTuple_Size(state) != 2) {
        return 0;
    }
    PyObject *count = PyTuple_GetItem(state, 0);
    long depth = PyLong_CheckExact(count) ? PyLong_AsLong(count) : 0;
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return depth;
}

/* Condition.wait takes its lock back with all its levels. Only a lock that is free can be taken
 * without blocking, by as many acquires as there were levels. */
HOT PyObject *hook_acquire_restore(const struct call *call)
{
    PyThreadState *ts = tracing_here();
    long depth = ts != NULL ? restored_depth(call) : 0;
    if (depth < 1 || depth > 1000) {
        return call_original(call);
    }
    struct entry *entry = lock_entry(call->self, RLOCK);
    struct actor *actor = actor_here();
    if (entry == &hidden_entry || actor == NULL) {
        return call_original(call);
    }
    for (long level = 0; level < depth; level++) {
        const int got = try_acquire(call->self, RLOCK);
        if (got <= 0) {
            return got < 0 ? NULL : acquire_blocking(call, RLOCK, 0, (int)depth);
        }
    }
    record_acquired(entry, RLOCK, actor, thread_frame(ts), (int)depth);
    Py_INCREF(Py_None);
    return Py_None;
}

HOT PyObject *hook_at_fork_reinit(const struct call *call)
{
    struct entry *entry = tracing_here() != NULL ? table_find(call->self) : NULL;
    if (entry != NULL && entry != &hidden_entry) {
        entry_drop_holds(entry);
    }
    return call_original(call);
}

HOT PyObject *hook_create(const struct call *call, int hidden)
{
    PyObject *lock = call_original(call);
    PyThreadState *ts = lock != NULL ? tracing_here() : NULL;
    if (ts != NULL) {
        if (hidden) {
            if (table_find(lock) == NULL) {
                (void)lock_register(lock, 0, NULL, -1);
            }
        } else {
            lock_created(lock, lock_types[LOCK].kind, ts);
        }
    }
    return lock;
}

/* A SemLock comes from another process, by the name that the operating system knows. */
COLD PyObject *hook_rebuild(const struct call *call)
{
    PyObject *lock = call_original(call);
    PyThreadState *ts = lock != NULL ? tracing_here() : NULL;
    if (ts != NULL && is_semlock(lock)) {
        semlock_created(lock, PERMITS_UNKNOWN, NULL, ts);
    }
    return lock;
}

COLD void semlock_hook(PyObject *module); /* in hooks.h, which builds on this */

/* An extension module has been loaded: `_multiprocessing` may come long after us. */
COLD PyObject *hook_load_module(const struct call *call)
{
    PyObject *result = call_original(call);
    if (result != NULL && tracing_here() != NULL && PyModule_Check(call->args)) {
        PyObject *name = PyModule_GetNameObject(call->args);
        if (name == NULL) {
            PyErr_Clear();
        } else if (PyUnicode_CompareWithASCIIString(name, "_multiprocessing") == 0) {
            semlock_hook(call->args);
        }
        Py_XDECREF(name);
    }
    return result;
}

HOT PyObject *dispatch(const struct call *call, enum lock_type type, enum operation operation)
{
    switch (operation) {
    case ACQUIRE: return hook_acquire(call, type);
    case RELEASE: return hook_release(call, type, 1);
    case RELEASE_SAVE: return hook_release(call, type, ALL_LEVELS);
    case ACQUIRE_RESTORE: return hook_acquire_restore(call);
    case AT_FORK_REINIT: return hook_at_fork_reinit(call);
    case CREATE: return hook_create(call, 0);
    case CREATE_HIDDEN: return hook_create(call, 1);
    case REBUILD: return hook_rebuild(call);
    default: return hook_load_module(call);
    }
}

#endif
