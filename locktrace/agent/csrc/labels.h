/* Labels: what a thread or a task works on. A label is a tuple (id, text); id 0 is none. */
#ifndef LOCKTRACE_LABELS_H
#define LOCKTRACE_LABELS_H

#include "handles.h"

enum { MAX_QUEUED_LABELS = 16384 };

static PyObject *no_label;      /* owned, (0, "") */
static PyObject *queued_labels; /* owned, list of what observers have not been told of yet */
static uint32_t last_label;

/* -1 when there is no memory. */
COLD int labels_start(void)
{
    no_label = Py_BuildValue("(is)", 0, "");
    queued_labels = PyList_New(0);
    return no_label != NULL && queued_labels != NULL ? 0 : -1;
}

/* Observers that lag see the newest: of too many the older half goes. Runs nothing foreign. */
COLD void label_tell(PyObject *label)
{
    if (PyList_Size(queued_labels) >= MAX_QUEUED_LABELS) {
        (void)PyList_SetSlice(queued_labels, 0, MAX_QUEUED_LABELS / 2, NULL);
    }
    if (PyList_Append(queued_labels, label) < 0) {
        PyErr_Clear();
    }
}

/* Takes over `label`; returns the one before, a new reference. */
HOT PyObject *label_put(struct actor *actor, PyObject *label, uint32_t id)
{
    PyObject *before = actor->label;
    if (__builtin_expect(listening(), 0) && id != 0) {
        label_tell(label);
    }
    actor->label_id = id;
    actor->label = id != 0 ? label : NULL;
    if (id == 0) {
        Py_DECREF(label);
    }
    if (before == NULL) {
        Py_INCREF(no_label);
        before = no_label;
    }
    return before;
}

/* relabel(text[, actor]) -> the label before. */
static PyObject *core_relabel(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct actor *actor = expect_by(count, 1) ? acting(args, count, 1) : NULL;
    if (actor == NULL) {
        return PyErr_Occurred() ? NULL : Py_BuildValue("O", no_label);
    }
    const uint32_t id = ++last_label != 0 ? last_label : ++last_label;
    PyObject *number = PyLong_FromUnsignedLong(id);
    PyObject *label = /* may collect: nothing is half done */
        number != NULL ? PyTuple_Pack(2, number, args[0]) : NULL;
    Py_XDECREF(number);
    return label != NULL ? label_put(actor, label, id) : NULL;
}

/* put_label((id, text)[, actor]): one that it has had before. */
static PyObject *core_put_label(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct actor *actor = expect_by(count, 1) ? acting(args, count, 1) : NULL;
    if (actor == NULL || !PyTuple_CheckExact(args[0]) || PyTuple_Size(args[0]) != 2) {
        return PyErr_Occurred() ? NULL : none();
    }
    const unsigned long id = PyLong_AsUnsignedLong(PyTuple_GetItem(args[0], 0));
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_INCREF(args[0]);
    PyObject *before = label_put(actor, args[0], (uint32_t)id);
    Py_DECREF(before); /* a tuple of int and str: no foreign code */
    return none();
}

/* labels() -> those given since the last call, oldest first. */
static PyObject *core_labels(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    PyObject *empty = PyList_New(0);
    if (empty == NULL) {
        return NULL;
    }
    PyObject *told = queued_labels;
    queued_labels = empty;
    return told;
}

#endif
