/* `_queue.SimpleQueue.get`, which no attribute of its C type can replace: its method is exchanged
 * in the method table, as those of the lock types are.
 *
 * Of a queue that nobody has met Python is asked for the wait that it records, which then ends in C. A
 * queue that has an item is passed on at the cost of asking it.
 */
#ifndef LOCKTRACE_SIMPLE_QUEUE_H
#define LOCKTRACE_SIMPLE_QUEUE_H

#include "call.h"
#include "recording.h"

typedef PyObject *(*class_method)(PyObject *, PyTypeObject *, PyObject *const *, Py_ssize_t,
                                  PyObject *);

static struct {
    PyMethodDef *get, *empty; /* in the module's own static table */
    class_method saved;
    PyObject *waiting; /* owned; called with (queue, timed), gives a wait or None; NULL: off */
    PyObject *rows;    /* owned; dict: id of a queue -> tuple, its entry first */
} simple_queue;

COLD int simple_queue_blocks(PyObject *queue, const struct call *call)
{
    if (call_argument(call, 0, "block") == Py_False) {
        return 0;
    }
    PyObject *empty = simple_queue.empty->ml_meth(queue, NULL);
    Py_XDECREF(empty);
    return empty == Py_True;
}

/* The wait that begins, of a queue that we know; NULL of another. */
COLD struct wait *simple_queue_begin(PyThreadState *ts, PyObject *queue, int timed)
{
    struct actor *actor = actor_here();
    int untraced = 0;
    PyObject *handle = actor != NULL ? handle_in(simple_queue.rows, queue, &untraced) : NULL;
    struct wait *wait = handle != NULL ? wait_open(entry_of(handle), actor, 0, timed, thread_frame(ts))
                                       : NULL;
    Py_XDECREF(handle); /* its row keeps it for as long as there is the queue, which is waited for */
    return wait;
}

COLD PyObject *simple_queue_get(PyObject *queue, PyTypeObject *type, PyObject *const *vector,
                                Py_ssize_t count, PyObject *names)
{
    struct call call = {FASTCALL_KEYWORDS, NULL, queue, NULL, NULL, vector, count, names};
    PyThreadState *ts = tracing_here(); /* all interpreters of the process have this method */
    if (ts == NULL || simple_queue.waiting == NULL || !simple_queue_blocks(queue, &call)) {
        return simple_queue.saved(queue, type, vector, count, names);
    }
    PyObject *timeout = call_argument(&call, 1, "timeout");
    PyObject *timed = timeout != NULL && timeout != Py_None ? Py_True : Py_False;
    struct wait *begun = simple_queue_begin(ts, queue, timed == Py_True);
    if (begun != NULL) {
        PyObject *item = simple_queue.saved(queue, type, vector, count, names);
        wait_close(begun);
        return item;
    }
    PyObject *waiting = simple_queue.waiting;
    Py_INCREF(waiting);
    PyObject *wait = PyObject_CallFunctionObjArgs(waiting, queue, timed, NULL);
    Py_DECREF(waiting);
    if (wait == NULL) {
        return NULL; /* a signal handler has raised; nothing has been taken */
    }
    PyObject *item = simple_queue.saved(queue, type, vector, count, names);
    Py_XDECREF(core_waited(NULL, wait)); /* touches no exception */
    Py_DECREF(wait);
    return item;
}

COLD PyMethodDef *simple_queue_method(PyObject *type, const char *name, int flags)
{
    PyObject *descr = PyObject_GetAttrString(type, name);
    PyMethodDef *method = NULL;
    if (descr != NULL && Py_TYPE(descr) == &PyMethodDescr_Type) {
        method = AT(PyMethodDef *, descr, DESCR_METHOD);
    }
    Py_XDECREF(descr);
    PyErr_Clear();
    return method != NULL && method->ml_flags == flags ? method : NULL;
}

COLD void simple_queue_unhook(void)
{
    if (simple_queue.get != NULL &&
        simple_queue.get->ml_meth == (PyCFunction)(void (*)(void))simple_queue_get) {
        simple_queue.get->ml_meth = (PyCFunction)(void (*)(void))simple_queue.saved;
    }
    Py_CLEAR(simple_queue.waiting);
    Py_CLEAR(simple_queue.rows);
}

/* Whether `type`'s methods are those that we know, and are hooked now. */
COLD int simple_queue_hook(PyObject *type, PyObject *waiting, PyObject *rows)
{
    enum { CLASS_METHOD = METH_METHOD | METH_FASTCALL | METH_KEYWORDS };
    PyMethodDef *get = simple_queue_method(type, "get", CLASS_METHOD);
    PyMethodDef *empty = simple_queue_method(type, "empty", METH_NOARGS);
    if (get == NULL || empty == NULL) {
        return 0;
    }
    if (get->ml_meth != (PyCFunction)(void (*)(void))simple_queue_get) {
        simple_queue.saved = (class_method)(void (*)(void))get->ml_meth;
        get->ml_meth = (PyCFunction)(void (*)(void))simple_queue_get;
    }
    simple_queue.get = get;
    simple_queue.empty = empty;
    Py_INCREF(waiting);
    Py_INCREF(rows);
    PyObject *waiting_before = simple_queue.waiting, *rows_before = simple_queue.rows;
    simple_queue.waiting = waiting;
    simple_queue.rows = rows;
    Py_XDECREF(waiting_before);
    Py_XDECREF(rows_before);
    return 1;
}

#endif
