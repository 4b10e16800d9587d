/* Constructors of primitives written in Python, their usual case in C: an object that nobody has met
 * gets its entry, and the locks that are made meanwhile are its inner ones.
 *
 * As a Method it stands before a Python one, `EntryTable.traced_init`, which knows all cases.
 */
#ifndef LOCKTRACE_CONSTRUCTORS_H
#define LOCKTRACE_CONSTRUCTORS_H

#include "kinds.h"
#include "scopes.h"

typedef struct {
    Method method;
    PyObject *partial;     /* owned; `functools.partial` */
    PyObject *forget;      /* owned; `pop` of the rows */
    PyObject *hidden_from; /* owned; dict: id of a code -> it; what it makes is its own affair */
    uint8_t kind;
    uint8_t quiet;
} Constructor;

static PyTypeObject *constructor_type; /* owned */

/* Whether that is so for `code`, or cannot be found out; borrowed. */
HOT int is_hidden_from(const Constructor *constructor, PyObject *code)
{
    PyObject *key = PyLong_FromVoidPtr(code);
    const int found = key == NULL || PyDict_GetItemWithError(constructor->hidden_from, key) != NULL;
    Py_XDECREF(key);
    PyErr_Clear();
    return found;
}

/* (entry, weak reference that takes the row away with the object, no parent): a new reference, or NULL
 * with an exception. Who takes no weak reference keeps the row. */
HOT PyObject *row_new(const Constructor *constructor, PyObject *key, PyObject *object, PyObject *entry)
{
    PyObject *forget =
        PyObject_CallFunctionObjArgs(constructor->partial, constructor->forget, key, NULL);
    PyObject *weak = forget != NULL ? PyWeakref_NewRef(object, forget) : NULL;
    Py_XDECREF(forget);
    if (weak == NULL) {
        PyErr_Clear();
        weak = none();
    }
    PyObject *row = PyTuple_Pack(3, entry, weak, Py_None);
    Py_DECREF(weak);
    return row;
}

/* Puts `entry` into the rows as that of `object`; whether it is there now. */
HOT int row_put(const Constructor *constructor, PyObject *key, PyObject *object, PyObject *entry)
{
    PyObject *row = row_new(constructor, key, object, entry);
    const int put = row != NULL && PyDict_SetItem(constructor->method.rows, key, row) == 0;
    Py_XDECREF(row);
    return put;
}

/* The entry of a new object, None if it is not to be traced; a new reference. NULL: that is not the
 * usual case, and nothing has happened. */
HOT PyObject *entry_constructed(const Constructor *constructor, PyObject *object,
                                const struct actor *actor, void *frame)
{
    if (frame == NULL || is_hidden_from(constructor, frame_code(frame))) {
        return NULL;
    }
    PyObject *key = PyLong_FromVoidPtr(object), *entry = NULL;
    if (key != NULL && PyDict_GetItemWithError(constructor->method.rows, key) == NULL &&
        !PyErr_Occurred()) {
        const int64_t parent = building_parent(actor);
        if (parent < 0) {
            entry = none();
        } else {
            struct walk walk;
            walk_from(&walk, frame, CREATION_DEPTH);
            entry = entry_handle_new(constructor->kind, stack_of(&walk), (uint32_t)parent,
                                     constructor->quiet);
        }
    }
    if (entry != NULL && !row_put(constructor, key, object, entry)) {
        Py_DECREF(entry);
        entry = NULL;
    }
    Py_XDECREF(key);
    PyErr_Clear();
    return entry;
}

static PyObject *constructor_call(PyObject *self, PyObject *const *args, size_t flags,
                                  PyObject *names)
{
    const Constructor *constructor = (Constructor *)self;
    if ((flags & ~VECTORCALL_OFFSET) == 0) { /* of nothing: an error, which is to be the original's */
        return PyObject_Vectorcall(constructor->method.original, args, flags, names);
    }
    PyThreadState *ts = tracing_here();
    struct actor *actor = ts != NULL ? actor_here() : NULL;
    PyObject *entry =
        actor != NULL ? entry_constructed(constructor, args[0], actor, thread_frame(ts)) : NULL;
    if (entry == NULL) {
        return PyObject_Vectorcall(constructor->method.whole, args, flags, names);
    }
    if (entry == Py_None) { /* what is made meanwhile is the outer one's affair, too */
        Py_DECREF(entry);
        entry = built_by(actor);
        Py_XINCREF(entry);
    }
    return call_building(actor, entry, constructor->method.original, args, flags, names);
}

static void constructor_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Constructor *constructor = (Constructor *)self;
    method_clear(&constructor->method);
    Py_XDECREF(constructor->partial);
    Py_XDECREF(constructor->forget);
    Py_XDECREF(constructor->hidden_from);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot constructor_slots[] = METHOD_SLOTS(constructor_dealloc);
static PyType_Spec constructor_spec = {"locktrace.agent._core.Constructor", sizeof(Constructor), 0,
                                       METHOD_FLAGS, constructor_slots};

/* constructor(bound, partial, whole, original, rows, kind, quiet, hidden_from) -> what stands before
 * `whole`. */
static PyObject *core_constructor(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *bound, *partial, *whole, *original, *rows, *kind, *hidden_from;
    int quiet;
    if (!PyArg_ParseTuple(args, "OOOOO!UpO!", &bound, &partial, &whole, &original, &PyDict_Type,
                          &rows, &kind, &quiet, &PyDict_Type, &hidden_from)) {
        return NULL;
    }
    Constructor *constructor =
        (Constructor *)method_new(constructor_type, bound, whole, original, rows);
    if (constructor == NULL) {
        return NULL;
    }
    constructor->method.vectorcall = constructor_call;
    Py_INCREF(partial);
    constructor->partial = partial;
    Py_INCREF(hidden_from);
    constructor->hidden_from = hidden_from;
    constructor->kind = kind_index(kind);
    constructor->quiet = (uint8_t)quiet;
    constructor->forget = PyObject_GetAttrString(rows, "pop");
    if (constructor->forget == NULL) {
        Py_DECREF(constructor);
        return NULL;
    }
    return (PyObject *)constructor;
}

#endif
