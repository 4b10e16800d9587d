/* What a thread does for as long as a call lasts: it builds a primitive, or works on an item.
 *
 * As a Method each stands before a Python one, which knows all cases.
 */
#ifndef LOCKTRACE_SCOPES_H
#define LOCKTRACE_SCOPES_H

#include "methods.h"

/* `original` while the calling thread, `actor`, builds `entry`, a reference that is taken over; NULL:
 * nothing. */
HOT PyObject *call_building(struct actor *actor, PyObject *entry, PyObject *original,
                            PyObject *const *args, size_t flags, PyObject *names)
{
    struct scope *scope = scope_begin(actor, entry);
    PyObject *result = PyObject_Vectorcall(original, args, flags, names);
    Py_XDECREF(scope); /* the primitive may be gone, and this the last of its entry: no foreign code */
    return result;
}

static PyObject *building_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    const Method *method = (Method *)self;
    PyThreadState *ts = (flags & ~VECTORCALL_OFFSET) != 0 ? tracing_here() : NULL;
    struct actor *actor = ts != NULL ? actor_here() : NULL;
    int untraced = 0;
    PyObject *handle = actor != NULL ? handle_in(method->rows, args[0], &untraced) : NULL;
    return handle == NULL ? PyObject_Vectorcall(method->whole, args, flags, names)
                          : call_building(actor, handle, method->original, args, flags, names);
}

/* The row of the item that `worker` has as its attribute `argument`: a new reference, or NULL. */
HOT PyObject *row_of_item(const Method *method, PyObject *worker)
{
    PyObject *item = PyObject_GetAttr(worker, method->argument);
    PyObject *key = item != NULL ? PyLong_FromVoidPtr(item) : NULL;
    PyObject *row = key != NULL ? PyDict_GetItemWithError(method->rows, key) : NULL;
    Py_XINCREF(row);
    Py_XDECREF(key);
    Py_XDECREF(item);
    PyErr_Clear();
    return row;
}

/* The calling thread holds `entry` no more; NULL: it did not. */
HOT void end_work(struct entry *entry, struct actor *actor, int shared)
{
    struct hold *hold = entry != NULL ? entry_released(entry, actor, shared) : NULL;
    if (hold != NULL) {
        hold_free(hold);
    }
}

static PyObject *working_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    const Method *method = (Method *)self;
    PyThreadState *ts = (flags & ~VECTORCALL_OFFSET) != 0 ? tracing_here() : NULL;
    struct actor *actor = ts != NULL ? actor_here() : NULL;
    PyObject *row = actor != NULL ? row_of_item(method, args[0]) : NULL;
    if (row == NULL) {
        return PyObject_Vectorcall(method->whole, args, flags, names);
    }
    struct entry *item = entry_of(PyTuple_GetItem(row, 0));
    struct entry *pool = entry_of(PyTuple_GetItem(row, 2));
    if (pool != NULL) {
        entry_acquired(pool, actor, 1, NULL);
    }
    if (item != NULL) {
        entry_acquired(item, actor, 0, NULL);
    }
    const uint32_t arming = armings;
    PyObject *result = PyObject_Vectorcall(method->original, args, flags, names);
    if (armed && arming == armings) { /* else all holds have been forgotten meanwhile */
        end_work(pool, actor, 1);
        end_work(item, actor, 0);
    }
    Py_DECREF(row); /* the last references to entries of ours may be here: no foreign code */
    return result;
}

COLD PyObject *scope_new(PyObject *args, vector_function call)
{
    PyObject *bound, *whole, *original, *rows, *item = NULL;
    if (!PyArg_ParseTuple(args, "OOOO!|U", &bound, &whole, &original, &PyDict_Type, &rows, &item)) {
        return NULL;
    }
    Method *method = method_new(method_type, bound, whole, original, rows);
    if (method != NULL) {
        method->vectorcall = call;
        Py_XINCREF(item);
        method->argument = item;
    }
    return (PyObject *)method;
}

/* building_method(bound, whole, original, rows) -> what stands before `whole`, in which its object
 * makes inner locks. */
static PyObject *core_building_method(PyObject *self, PyObject *args)
{
    (void)self;
    return scope_new(args, building_call);
}

/* working_method(bound, whole, original, rows, item) -> what stands before `whole`, in which a worker
 * holds the item that its object has as that attribute, and a share of the item's parent. */
static PyObject *core_working_method(PyObject *self, PyObject *args)
{
    (void)self;
    return scope_new(args, working_call);
}

#endif
