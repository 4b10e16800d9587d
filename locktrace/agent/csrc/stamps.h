/* What stands in the tables: a C function for each slot and calling convention, and for the birth
 * and death of each type's objects.
 */
#ifndef LOCKTRACE_STAMPS_H
#define LOCKTRACE_STAMPS_H

#include "operations.h"

#define STAMP(N, TYPE, OPERATION, NAME)                                                           \
    static PyObject *plain_##N(PyObject *self, PyObject *args)                                    \
    {                                                                                             \
        struct call call = {NOARGS, slots[N].saved, self, args, NULL, NULL, 0, NULL};             \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *tuple_##N(PyObject *self, PyObject *args)                                    \
    {                                                                                             \
        struct call call = {VARARGS, slots[N].saved, self, args, NULL, NULL, 0, NULL};            \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *keywords_##N(PyObject *self, PyObject *args, PyObject *kwargs)               \
    {                                                                                             \
        struct call call = {VARARGS_KEYWORDS, slots[N].saved, self, args, kwargs, NULL, 0, NULL}; \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *fast_##N(PyObject *self, PyObject *const *vector, Py_ssize_t count)          \
    {                                                                                             \
        struct call call = {FASTCALL, slots[N].saved, self, NULL, NULL, vector, count, NULL};     \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *fast_keywords_##N(PyObject *self, PyObject *const *vector, Py_ssize_t count, \
                                       PyObject *names)                                           \
    {                                                                                             \
        struct call call = {FASTCALL_KEYWORDS, slots[N].saved, self, NULL, NULL, vector, count,   \
                            names};                                                               \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }
SLOTS(STAMP)
#undef STAMP

#define ROW(N, TYPE, OPERATION, NAME)                                                             \
    {NAME,                                                                                        \
     TYPE,                                                                                        \
     OPERATION,                                                                                   \
     {plain_##N, tuple_##N, (PyCFunction)(void (*)(void))keywords_##N,                            \
      (PyCFunction)(void (*)(void))fast_##N, (PyCFunction)(void (*)(void))fast_keywords_##N}},
static const struct {
    const char *name;
    enum lock_type type;
    enum operation operation;
    PyCFunction hooks[UNKNOWN]; /* by convention */
} SLOT_ROWS[SLOT_COUNT] = {SLOTS(ROW)};
#undef ROW

#define STAMP_DEALLOC(TYPE)                                                                       \
    static void dealloc_##TYPE(PyObject *self)                                                    \
    {                                                                                             \
        lock_gone(self);                                                                          \
        lock_types[TYPE].dealloc(self);                                                           \
    }
STAMP_DEALLOC(LOCK)
STAMP_DEALLOC(RLOCK)
STAMP_DEALLOC(SEMLOCK)
#undef STAMP_DEALLOC

#define STAMP_NEW(TYPE)                                                                           \
    static PyObject *new_##TYPE(PyTypeObject *type, PyObject *args, PyObject *kwargs)             \
    {                                                                                             \
        PyObject *lock = lock_types[TYPE].new(type, args, kwargs);                                \
        PyThreadState *ts = lock != NULL ? tracing_here() : NULL;                                 \
        if (ts != NULL) {                                                                         \
            lock_created(lock, lock_types[TYPE].kind, ts);                                        \
        }                                                                                         \
        return lock;                                                                              \
    }
STAMP_NEW(LOCK)
STAMP_NEW(RLOCK)
#undef STAMP_NEW

/* SemLock(kind, value, maxvalue, name, unlink): it forgets the name if it unlinks it. */
static PyObject *new_SEMLOCK(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *lock = lock_types[SEMLOCK].new(type, args, kwargs);
    PyThreadState *ts = lock != NULL ? tracing_here() : NULL;
    if (ts != NULL && is_semlock(lock)) {
        struct call call = {VARARGS_KEYWORDS, NULL, NULL, args, kwargs, NULL, 0, NULL};
        PyObject *value = call_argument(&call, 1, "value"), *name = call_argument(&call, 3, "name");
        int permits = PyLong_CheckExact(value) ? (int)PyLong_AsLong(value) : PERMITS_UNKNOWN;
        semlock_created(lock, permits, PyUnicode_AsUTF8AndSize(name, NULL), ts);
        PyErr_Clear();
    }
    return lock;
}

static const destructor DEALLOC_HOOKS[LOCK_TYPES] = {dealloc_LOCK, dealloc_RLOCK, dealloc_SEMLOCK};
static const newfunc NEW_HOOKS[LOCK_TYPES] = {new_LOCK, new_RLOCK, new_SEMLOCK};

#endif
