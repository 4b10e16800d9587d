/* The reading contract (`reading.py`): what the publisher reads out of the core. */
#ifndef LOCKTRACE_READING_H
#define LOCKTRACE_READING_H

#include "rows.h"

static PyObject *core_listen(PyObject *self, PyObject *on)
{
    (void)self;
    if (on != Py_True) {
        stop_telling();
    } else if (rings_open() < 0) {
        return PyErr_NoMemory();
    }
    return none();
}

static PyObject *core_locks(PyObject *self, PyObject *u) { (void)self, (void)u; return rows_locks(0); }
static PyObject *core_totals(PyObject *self, PyObject *u) { (void)self, (void)u; return rows_totals(); }
static PyObject *core_holds(PyObject *self, PyObject *u) { (void)self, (void)u; return rows_holds(); }
static PyObject *core_waits(PyObject *self, PyObject *u) { (void)self, (void)u; return rows_waits(); }
static PyObject *core_actors(PyObject *self, PyObject *u) { (void)self, (void)u; return rows_actors(); }

static PyObject *core_births(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    return fresh_entries != 0 || stillborn_count != 0 ? rows_locks(1) : PyList_New(0);
}

static PyObject *core_stack(PyObject *self, PyObject *id)
{
    (void)self;
    unsigned long index = PyLong_AsUnsignedLong(id);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return row_stack(index < stack_count ? stacks_by_id[index] : &unknown_stack);
}

static PyObject *core_events(PyObject *self, PyObject *u) { (void)self, (void)u; return row_events(); }

static PyObject *core_look(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    if (!expect(count, 3)) {
        return NULL;
    }
    unsigned long long settled_ns = PyLong_AsUnsignedLongLong(args[0]);
    return PyErr_Occurred() ? NULL : row_look(settled_ns, args[1], args[2] == Py_True);
}

static PyObject *core_forget_holds(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    stop_telling();
    found_forget();
    FOR_EACH_ENTRY(entry) { entry_drop_holds(entry); }
    return none();
}

/* In a forked child only the calling thread lives on; what others held stays held. */
static PyObject *core_forked(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    stop_telling();
    found_forget();
    struct actor *survivor = actor_here();
    waits_forked(survivor);
    if (survivor != NULL) {
        survivor->native_id = (uint32_t)syscall(SYS_gettid);
    }
    semaphores_forked();
    return none();
}

#endif
