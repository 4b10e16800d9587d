/* Methods of primitives written in Python, their usual case in C: the lock is there to be taken, or
 * a wait begins of which we know whose it is.
 *
 * Such a method stands before a Python one that knows all cases (`primitives/`), is asked for
 * everything but calls, and is called for every call that is not the usual one. What a signal
 * handler may interrupt is the original alone: no Python code runs between it and the record.
 */
#ifndef LOCKTRACE_METHODS_H
#define LOCKTRACE_METHODS_H

#include "traced_locks.h"
#include <structmember.h>

typedef struct {
    PyObject_HEAD
    vector_function vectorcall;
    PyObject *whole;    /* owned; the Python method */
    PyObject *original; /* owned; an acquire that does not block, or the release */
    PyObject *rows;     /* owned; dict: id of a lock -> tuple, its entry first */
    PyObject *gives;    /* owned; what an acquire returns that succeeds; NULL: a release */
    PyObject *argument; /* owned; what `original` gets besides the lock, or NULL */
    PyObject *owners;   /* owned; dict of a wait: id of a code -> on whose behalf it calls; or NULL */
    PyObject *weakrefs; /* the interpreter's: who has a bound method of ours by `weakref.WeakMethod` */
    uint8_t shared;
    uint8_t timed; /* a keyword `timeout` changes nothing where the lock is free */
} Method;

static PyTypeObject *method_type; /* owned */
static PyObject *bind;            /* owned; `types.MethodType` */

/* The handle of the lock's entry, a new reference; NULL: not known, or with `untraced` set known to
 * have none. */
HOT PyObject *handle_in(PyObject *rows, PyObject *lock, int *untraced)
{
    PyObject *key = PyLong_FromVoidPtr(lock);
    PyObject *row = key != NULL ? PyDict_GetItemWithError(rows, key) : NULL;
    Py_XDECREF(key);
    if (row == NULL) {
        PyErr_Clear();
        return NULL;
    }
    PyObject *handle = PyTuple_GetItem(row, 0);
    *untraced = handle == Py_None;
    if (handle == NULL || entry_of(handle) == NULL) {
        PyErr_Clear();
        return NULL;
    }
    Py_INCREF(handle);
    return handle;
}

HOT PyObject *call_with_lock(const Method *method, PyObject *lock)
{
    PyObject *vector[] = {NULL, lock, method->argument};
    size_t count = method->argument != NULL ? 2 : 1;
    return PyObject_Vectorcall(method->original, vector + 1, count | VECTORCALL_OFFSET, NULL);
}

/* `gives`; False, a new reference, if the lock is not free: then nothing has happened. */
HOT PyObject *method_acquire(const Method *method, PyObject *lock, struct entry *entry,
                             PyThreadState *ts)
{
    PyObject *got = call_with_lock(method, lock);
    int taken = got == NULL ? -1 : got == Py_True ? 1 : PyObject_IsTrue(got);
    Py_XDECREF(got);
    if (taken < 0) {
        return NULL;
    }
    struct actor *actor = taken && armed ? actor_here() : NULL; /* the call may have let others run */
    if (actor != NULL) {
        entry_acquired(entry, actor, method->shared, thread_frame(ts));
    }
    PyObject *result = taken ? method->gives : Py_False;
    Py_INCREF(result);
    return result;
}

HOT PyObject *method_release(const Method *method, PyObject *lock, struct entry *entry)
{
    struct actor *actor = actor_here();
    struct hold *hold = actor != NULL ? entry_released(entry, actor, method->shared) : NULL;
    PyObject *result = call_with_lock(method, lock);
    if (result == NULL && armed) {
        entry_take_back(entry, hold);
    } else if (hold != NULL) {
        hold_free(hold);
    }
    return result;
}

/* Whether the lock alone is given, or with a time-out that does not matter unless it must be waited for. */
HOT int is_usual(const Method *method, Py_ssize_t count, PyObject *names)
{
    return count == 1 &&
           (names == NULL ||
            (method->timed && PyTuple_Size(names) == 1 &&
             PyUnicode_CompareWithASCIIString(PyTuple_GetItem(names, 0), "timeout") == 0));
}

static PyObject *method_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    Method *method = (Method *)self;
    Py_ssize_t count = (Py_ssize_t)(flags & ~VECTORCALL_OFFSET);
    PyThreadState *ts = is_usual(method, count, names) ? tracing_here() : NULL;
    int untraced = 0;
    PyObject *handle = ts != NULL ? handle_in(method->rows, args[0], &untraced) : NULL;
    if (handle == NULL) {
        return PyObject_Vectorcall(method->whole, args, flags, names);
    }
    PyObject *result;
    if (method->gives == NULL) {
        result = method_release(method, args[0], entry_of(handle));
    } else {
        result = method_acquire(method, args[0], entry_of(handle), ts);
        if (result == Py_False) {
            Py_DECREF(result);
            result = PyObject_Vectorcall(method->whole, args, flags, names);
        }
    }
    Py_DECREF(handle);
    return result;
}

/* -- waits */

/* On whose behalf `caller` waits: a handle, a new reference, or NULL with `whole` set if that must be
 * asked in Python. The first variable of a method that waits for its object is the object. */
HOT PyObject *owner_of(PyObject *owners, void *caller, int *whole)
{
    PyObject *key = PyLong_FromVoidPtr(frame_code(caller));
    PyObject *rows = key != NULL ? PyDict_GetItemWithError(owners, key) : NULL; /* borrowed */
    Py_XDECREF(key);
    PyErr_Clear();
    if (rows == NULL) {
        return NULL;
    }
    PyObject *owner = PyDict_Check(rows) ? frame_slot(caller, 0) : NULL;
    int untraced = 0;
    PyObject *handle = owner != NULL ? handle_in(rows, owner, &untraced) : NULL;
    *whole = handle == NULL && !untraced;
    return handle;
}

/* Who has called `caller`, without the functions between that only pass a wait on: `owners` has an
 * empty tuple for them. */
HOT void *asked_by(PyObject *owners, void *caller)
{
    PyObject *row;
    do {
        caller = skip_shims(frame_previous(caller));
        PyObject *key = caller != NULL ? PyLong_FromVoidPtr(frame_code(caller)) : NULL;
        row = key != NULL ? PyDict_GetItemWithError(owners, key) : NULL; /* borrowed */
        Py_XDECREF(key);
        PyErr_Clear();
    } while (row != NULL && PyTuple_Check(row));
    return caller;
}

/* The original inside a wait for the lock, and inside that one for its owner: those there are. */
HOT PyObject *method_wait(const Method *method, PyObject *const *args, size_t flags, struct actor *actor,
                          struct entry *entry, struct entry *owner, void *caller)
{
    const Py_ssize_t count = (Py_ssize_t)(flags & ~VECTORCALL_OFFSET);
    const int timed = count == 2 && args[1] != Py_None;
    struct wait *wait = wait_open(entry, actor, method->shared, timed, caller);
    struct wait *on_behalf =
        owner != NULL ? wait_open(owner, actor, 0, timed, asked_by(method->owners, caller)) : NULL;
    PyObject *result = PyObject_Vectorcall(method->original, args, flags, NULL);
    wait_close(on_behalf);
    wait_close(wait);
    return result;
}

static PyObject *wait_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    Method *method = (Method *)self;
    const Py_ssize_t count = (Py_ssize_t)(flags & ~VECTORCALL_OFFSET);
    PyThreadState *ts = (count == 1 || count == 2) && names == NULL ? tracing_here() : NULL;
    void *caller = ts != NULL ? thread_frame(ts) : NULL;
    struct actor *actor = caller != NULL ? actor_here() : NULL;
    int untraced = 0;
    PyObject *handle = actor != NULL ? handle_in(method->rows, args[0], &untraced) : NULL;
    int whole = handle == NULL && !untraced;
    PyObject *owner = whole ? NULL : owner_of(method->owners, caller, &whole), *result;
    if (whole) {
        result = PyObject_Vectorcall(method->whole, args, flags, names);
    } else {
        struct entry *entry = handle != NULL ? entry_of(handle) : NULL;
        struct entry *behind = owner != NULL ? entry_of(owner) : NULL;
        result = method_wait(method, args, flags, actor, entry, behind, caller);
    }
    Py_XDECREF(owner); /* the last reference to an entry of ours may be here: no foreign code */
    Py_XDECREF(handle);
    return result;
}

/* As functions are pickled and copied: by name. */
static PyObject *method_reduce(PyObject *self, PyObject *protocol)
{
    (void)protocol;
    return PyObject_GetAttrString(((Method *)self)->whole, "__qualname__");
}

static PyMethodDef method_reduce_ex = {"__reduce_ex__", method_reduce, METH_O, NULL};

/* Everything else but calls is asked of the Python method. */
static PyObject *method_getattr(PyObject *self, PyObject *name)
{
    if (PyUnicode_CompareWithASCIIString(name, method_reduce_ex.ml_name) == 0) {
        return PyCFunction_New(&method_reduce_ex, self);
    }
    return PyObject_GetAttr(((Method *)self)->whole, name);
}

static int method_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    return PyObject_SetAttr(((Method *)self)->whole, name, value);
}

static PyObject *method_repr(PyObject *self) { return PyObject_Repr(((Method *)self)->whole); }

static PyObject *method_get(PyObject *self, PyObject *lock, PyObject *type)
{
    (void)type;
    if (lock == NULL || lock == Py_None) {
        Py_INCREF(self);
        return self;
    }
    return PyObject_CallFunctionObjArgs(bind, self, lock, NULL);
}

static void method_clear(Method *method)
{
    if (method->weakrefs != NULL) {
        PyObject_ClearWeakRefs((PyObject *)method);
    }
    Py_XDECREF(method->whole);
    Py_XDECREF(method->original);
    Py_XDECREF(method->rows);
    Py_XDECREF(method->gives);
    Py_XDECREF(method->argument);
    Py_XDECREF(method->owners);
}

static void method_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    method_clear((Method *)self);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMemberDef method_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Method, vectorcall), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Method, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};
/* Those of what begins with a Method, too, which has more to drop. */
#define METHOD_SLOTS(DEALLOC)                                                                     \
    {                                                                                             \
        {Py_tp_dealloc, DEALLOC}, {Py_tp_call, PyVectorcall_Call},                                \
        {Py_tp_members, method_members}, {Py_tp_getattro, method_getattr},                        \
        {Py_tp_setattro, method_setattr}, {Py_tp_repr, method_repr},                              \
        {Py_tp_descr_get, method_get}, {0, NULL}                                                  \
    }
static PyType_Slot method_slots[] = METHOD_SLOTS(method_dealloc);
enum {
    METHOD_FLAGS = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                   Py_TPFLAGS_METHOD_DESCRIPTOR | TPFLAGS_HAVE_VECTORCALL
};
static PyType_Spec method_spec = {"locktrace.agent._core.Method", sizeof(Method), 0, METHOD_FLAGS,
                                  method_slots};

/* A new Method, or what begins with one, that calls `whole` for what is not usual; `bound` is the type
 * of bound methods. */
COLD Method *method_new(PyTypeObject *type, PyObject *bound, PyObject *whole, PyObject *original,
                        PyObject *rows)
{
    Method *method = (Method *)PyType_GenericAlloc(type, 0);
    if (method == NULL) {
        return NULL;
    }
    if (bind == NULL) {
        Py_INCREF(bound);
        bind = bound;
    }
    Py_INCREF(whole);
    method->whole = whole;
    Py_INCREF(original);
    method->original = original;
    Py_INCREF(rows);
    method->rows = rows;
    return method;
}

/* method(bound, whole, original, rows, gives, argument, shared, timed) -> what stands before `whole`,
 * which takes the lock, or with `gives` NotImplemented gives it back. */
static PyObject *core_method(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *bound, *whole, *original, *rows, *gives, *argument;
    int shared, timed;
    if (!PyArg_ParseTuple(args, "OOOO!OOpp", &bound, &whole, &original, &PyDict_Type, &rows, &gives,
                          &argument, &shared, &timed)) {
        return NULL;
    }
    Method *method = method_new(method_type, bound, whole, original, rows);
    if (method != NULL) {
        method->vectorcall = method_call;
        method->gives = gives != Py_NotImplemented ? gives : NULL;
        Py_XINCREF(method->gives);
        method->argument = argument != Py_None ? argument : NULL;
        Py_XINCREF(method->argument);
        method->shared = (uint8_t)shared;
        method->timed = (uint8_t)timed;
    }
    return (PyObject *)method;
}

/* waiting_method(bound, whole, original, rows, owners) -> what stands before `whole`, which waits. */
static PyObject *core_waiting_method(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *bound, *whole, *original, *rows, *owners;
    if (!PyArg_ParseTuple(args, "OOOO!O!", &bound, &whole, &original, &PyDict_Type, &rows,
                          &PyDict_Type, &owners)) {
        return NULL;
    }
    Method *method = method_new(method_type, bound, whole, original, rows);
    if (method != NULL) {
        method->vectorcall = wait_call;
        Py_INCREF(owners);
        method->owners = owners;
    }
    return (PyObject *)method;
}

#endif
