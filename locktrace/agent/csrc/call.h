/* A call of a method we have hooked, in whichever of CPython's calling conventions it came. */
#ifndef LOCKTRACE_CALL_H
#define LOCKTRACE_CALL_H

#include "compat.h"

enum convention { NOARGS, VARARGS, VARARGS_KEYWORDS, FASTCALL, FASTCALL_KEYWORDS, UNKNOWN };

struct call {
    enum convention convention; /* a constant where it matters: the compiler folds it */
    PyCFunction original;
    PyObject *self;
    PyObject *args;           /* VARARGS: tuple; NOARGS: NULL */
    PyObject *kwargs;         /* VARARGS_KEYWORDS: dict or NULL */
    PyObject *const *vector;  /* FASTCALL */
    Py_ssize_t count;
    PyObject *names; /* FASTCALL_KEYWORDS: tuple or NULL */
};

typedef PyObject *(*fast_function)(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *(*fast_keywords_function)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

HOT enum convention convention_of(int flags)
{
    switch (flags & (METH_VARARGS | METH_KEYWORDS | METH_FASTCALL | METH_NOARGS | METH_O)) {
    case METH_NOARGS: return NOARGS;
    case METH_VARARGS: return VARARGS;
    case METH_VARARGS | METH_KEYWORDS: return VARARGS_KEYWORDS;
    case METH_FASTCALL: return FASTCALL;
    case METH_FASTCALL | METH_KEYWORDS: return FASTCALL_KEYWORDS;
    case METH_O: return VARARGS; /* the one argument comes in the place of the tuple */
    default: return UNKNOWN;
    }
}

HOT PyObject *call_original(const struct call *call)
{
    switch (call->convention) {
    case VARARGS_KEYWORDS:
        return ((PyCFunctionWithKeywords)(void (*)(void))call->original)(call->self, call->args,
                                                                         call->kwargs);
    case FASTCALL:
        return ((fast_function)(void (*)(void))call->original)(call->self, call->vector,
                                                               call->count);
    case FASTCALL_KEYWORDS:
        return ((fast_keywords_function)(void (*)(void))call->original)(call->self, call->vector,
                                                                        call->count, call->names);
    default:
        return call->original(call->self, call->args);
    }
}

HOT int call_is_bare(const struct call *call)
{
    switch (call->convention) {
    case VARARGS: return Py_SIZE(call->args) == 0;
    case VARARGS_KEYWORDS: return call->kwargs == NULL && Py_SIZE(call->args) == 0;
    case FASTCALL:
    case FASTCALL_KEYWORDS: return call->count == 0 && call->names == NULL;
    default: return 1;
    }
}

/* The argument at `position` or of that name; borrowed, NULL when it was not given. */
COLD PyObject *call_argument(const struct call *call, Py_ssize_t position, const char *name)
{
    if (call->args != NULL) {
        if (position < PyTuple_Size(call->args)) {
            return PyTuple_GetItem(call->args, position);
        }
        return call->kwargs != NULL ? PyDict_GetItemString(call->kwargs, name) : NULL;
    }
    if (position < call->count) {
        return call->vector[position];
    }
    Py_ssize_t named = call->names != NULL ? PyTuple_Size(call->names) : 0;
    for (Py_ssize_t i = 0; i < named; i++) {
        if (PyUnicode_CompareWithASCIIString(PyTuple_GetItem(call->names, i), name) == 0) {
            return call->vector[call->count + i];
        }
    }
    return NULL;
}

HOT Py_ssize_t call_argument_count(const struct call *call)
{
    if (call->args != NULL) {
        return Py_SIZE(call->args) + (call->kwargs != NULL ? PyDict_Size(call->kwargs) : 0);
    }
    return call->count + (call->names != NULL ? PyTuple_Size(call->names) : 0);
}

/* -- what an acquire is about to do */

enum plan {
    TRY_FIRST,       /* it may block without end: try without blocking first */
    TRY_FIRST_TIMED, /* the same, but it gives up by itself */
    PASS,            /* it cannot block, or is going to raise */
    UNCLEAR,         /* `blocking` is of a type that we must not ask: it may block */
};

/* Whether asking `object` anything could run Python code. */
COLD int is_foreign(PyObject *object)
{
    return (PyType_GetFlags(Py_TYPE(object)) & Py_TPFLAGS_HEAPTYPE) != 0;
}

/* Seconds, or NaN when `timeout` is no number that a lock would take without asking further. */
COLD double seconds_of(PyObject *timeout)
{
    double seconds = Py_NAN;
    if (PyFloat_Check(timeout)) {
        seconds = PyFloat_AsDouble(timeout);
    } else if (PyLong_Check(timeout)) {
        seconds = PyLong_AsDouble(timeout);
        if (PyErr_Occurred()) {
            PyErr_Clear();
            seconds = Py_NAN;
        }
    }
    return seconds;
}

/* Runs nothing foreign. What a wait with an odd time-out hides is at least no deadlock. */
COLD enum plan plan_of(const struct call *call)
{
    PyObject *blocking = call_argument(call, 0, "blocking");
    PyObject *timeout = call_argument(call, 1, "timeout");
    if (call_argument_count(call) != (blocking != NULL) + (timeout != NULL)) {
        return PASS; /* too many, or of another name: it raises */
    }
    double seconds = timeout != NULL ? seconds_of(timeout) : -1.0;
    if (seconds != -1.0 && !(seconds >= 0.0 && seconds < 9e9)) {
        return PASS;
    }
    if (blocking != NULL && is_foreign(blocking)) {
        return UNCLEAR;
    }
    if (blocking != NULL && PyObject_IsTrue(blocking) != 1) {
        return PASS;
    }
    return seconds == -1.0 ? TRY_FIRST : TRY_FIRST_TIMED;
}

/* As `plan_of` for a SemLock, to which no time-out is None and a negative one is 0. */
COLD enum plan plan_of_semaphore(const struct call *call)
{
    PyObject *block = call_argument(call, 0, "block");
    PyObject *timeout = call_argument(call, 1, "timeout");
    if (call_argument_count(call) != (block != NULL) + (timeout != NULL)) {
        return PASS;
    }
    if (block != NULL && is_foreign(block)) {
        return UNCLEAR;
    }
    if (block != NULL && PyObject_IsTrue(block) != 1) {
        return PASS;
    }
    if (timeout == NULL || timeout == Py_None) {
        return TRY_FIRST;
    }
    double seconds = seconds_of(timeout);
    return seconds > 0.0 && seconds < 1e9 ? TRY_FIRST_TIMED : PASS;
}

#endif
