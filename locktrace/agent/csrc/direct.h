/* Taking a lock that is there to be taken, as its method does once it has read its arguments.
 *
 * Up to 3.13 `acquire` reads its arguments, of which there are mostly none, by a format string, and
 * that takes longer than all that we record. What lies where in a lock object is proved at load
 * by what its methods do; a type that is not as expected is left to its methods.
 */
#ifndef LOCKTRACE_DIRECT_H
#define LOCKTRACE_DIRECT_H

#include "slots.h"

static uint8_t is_direct[LOCK_TYPES];

HOT int mutex_try(PyObject *lock)
{
    if (!mutex_is_a_byte()) {
        PyThread_type_lock mutex = AT(PyThread_type_lock, lock, LOCK_MUTEX);
        return PyThread_acquire_lock_timed(mutex, 0, 0) == PY_LOCK_ACQUIRED;
    }
    uint8_t *mutex = &AT(uint8_t, lock, LOCK_MUTEX), bits = __atomic_load_n(mutex, __ATOMIC_RELAXED);
    while (!(bits & MUTEX_LOCKED)) {
        if (__atomic_compare_exchange_n(mutex, &bits, bits | MUTEX_LOCKED, 1, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            return 1;
        }
    }
    return 0;
}

/* What a lock says of itself once the calling thread, `me`, has its mutex. */
HOT void mark_taken(PyObject *lock, enum lock_type type, unsigned long me)
{
    const int byte = mutex_is_a_byte();
    if (type == LOCK) {
        if (!byte) {
            AT(uint8_t, lock, LOCK_LOCKED) = 1;
        }
        return;
    }
    AT(unsigned long, lock, RLOCK_OWNER) = me;
    AT(unsigned long, lock, RLOCK_COUNT) = !byte; /* with the byte, the levels beyond the first */
}

/* 1: the calling thread has taken the lock, or a level more of it; 0: that would block. */
HOT int direct_take(PyObject *lock, enum lock_type type)
{
    const unsigned long me = type == RLOCK ? PyThread_get_thread_ident() : 0;
    if (type == RLOCK && AT(unsigned long, lock, RLOCK_OWNER) == me) {
        AT(unsigned long, lock, RLOCK_COUNT)++;
        return 1;
    }
    if (!mutex_try(lock)) {
        return 0;
    }
    mark_taken(lock, type, me);
    return 1;
}

/* Whether a wait without an end needs no method either: one for a byte parks in a queue of the
 * interpreter's own. */
HOT int can_wait(enum lock_type type) { return is_direct[type] && !mutex_is_a_byte(); }

/* As the method does: waits without the GIL, and when a signal comes its handler decides. 1: taken;
 * 0, with an exception: the handler has raised. */
COLD int direct_wait(PyObject *lock, enum lock_type type)
{
    while (!direct_take(lock, type)) {
        PyThread_type_lock mutex = AT(PyThread_type_lock, lock, LOCK_MUTEX);
        PyThreadState *ts = PyEval_SaveThread();
        const PyLockStatus got = PyThread_acquire_lock_timed(mutex, -1, 1);
        PyEval_RestoreThread(ts);
        if (got == PY_LOCK_ACQUIRED) {
            mark_taken(lock, type, PyThread_get_thread_ident());
            return 1;
        }
        if (Py_MakePendingCalls() < 0) {
            return 0;
        }
    }
    return 1;
}

/* -- the proof */

COLD int method_gives(PyObject *lock, const char *name, PyObject *wanted)
{
    PyObject *given = PyObject_CallMethod(lock, name, NULL);
    PyErr_Clear();
    Py_XDECREF(given);
    return given == wanted; /* True or None, which nobody frees */
}

/* Whether two locks look the same; those that are no byte have a mutex each. */
COLD int bodies_agree(PyObject *one, PyObject *other, enum lock_type type)
{
    const int from = LOCK_MUTEX + (mutex_is_a_byte() ? 0 : (int)sizeof(PyThread_type_lock));
    const int size = type == LOCK ? lock_size() : rlock_size();
    return memcmp(&AT(char, one, from), &AT(char, other, from), (size_t)(size - from)) == 0;
}

/* What we take looks as what the method takes, is locked, and the method gives it back. */
COLD int takes_agree(PyObject *by_method, PyObject *by_us, enum lock_type type)
{
    const int levels = type == RLOCK ? 3 : 1;
    int agree = bodies_agree(by_method, by_us, type);
    for (int level = 0; agree && level < levels; level++) {
        agree = method_gives(by_method, "acquire", Py_True) && direct_take(by_us, type) &&
                bodies_agree(by_method, by_us, type);
    }
    agree = agree && !mutex_try(by_method) && !mutex_try(by_us);
    for (int level = 0; agree && level < levels; level++) {
        agree = method_gives(by_method, "release", Py_None) &&
                method_gives(by_us, "release", Py_None) && bodies_agree(by_method, by_us, type);
    }
    return agree;
}

COLD long basic_size(PyTypeObject *type)
{
    PyObject *size = PyObject_GetAttrString((PyObject *)type, "__basicsize__");
    const long bytes = size != NULL ? PyLong_AsLong(size) : -1;
    PyErr_Clear();
    Py_XDECREF(size);
    return bytes;
}

/* `module`: `_thread`; `maker`: its function that makes a lock of that type. Before we are armed. */
COLD void direct_prove(enum lock_type type, PyObject *module, const char *maker)
{
    if (basic_size(lock_types[type].type) != (type == LOCK ? lock_size() : rlock_size())) {
        return;
    }
    PyObject *by_method = PyObject_CallMethod(module, maker, NULL);
    PyObject *by_us = PyObject_CallMethod(module, maker, NULL);
    if (by_method != NULL && by_us != NULL) {
        is_direct[type] = (uint8_t)takes_agree(by_method, by_us, type);
    }
    PyErr_Clear();
    Py_XDECREF(by_method);
    Py_XDECREF(by_us);
}

#endif
