/* locktrace.agent._core: the C core. One to a process; `c_core.py` is its Python side.
 *
 * Everything is guarded by the GIL. There is no lock of ours, no call of foreign code while the
 * ledger is between two states, and no state that a finalizer or a signal handler could find
 * half done. Built with the limited API of 3.11; see compat.h for what it knows beyond it.
 */
#define PY_SSIZE_T_CLEAN
#include "arrival.h"
#include "hooks.h"
#include "reading.h"
#include "recording.h"
#include "simple_queue.h"

/* -- arming */

static PyObject *core_configure(PyObject *self, PyObject *args)
{
    (void)self;
    int depth;
    PyObject *folder, *names, *prefixes, *hidden;
    if (!PyArg_ParseTuple(args, "iUO!O!O!", &depth, &folder, &PyFrozenSet_Type, &names,
                          &PyTuple_Type, &prefixes, &PyTuple_Type, &hidden)) {
        return NULL;
    }
    if (rules.depth == 0) { /* once: stacks already interned were judged by these rules */
        Py_INCREF(folder);
        Py_INCREF(names);
        Py_INCREF(prefixes);
        Py_INCREF(hidden);
        rules.own_folder = folder;
        rules.wrapper_names = names;
        rules.wrapper_prefixes = prefixes;
        rules.hidden_codes = hidden;
        rules.depth = depth < 1 ? 1 : depth > MAX_DEPTH ? MAX_DEPTH : depth;
    }
    return none();
}

static PyObject *core_arm(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    if (rules.depth == 0) {
        PyErr_SetString(PyExc_RuntimeError, "configure first");
        return NULL;
    }
    if (!armed) {
        hooks_arm();
    }
    return none();
}

static PyObject *core_disarm(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    if (armed) {
        hooks_disarm();
        hooks_forget_locks();
    }
    return none();
}

/* hide(lock): that lock is the interpreter's own affair. */
static PyObject *core_hide(PyObject *self, PyObject *lock)
{
    (void)self;
    int known = Py_TYPE(lock) == lock_types[LOCK].type || Py_TYPE(lock) == lock_types[RLOCK].type;
    if (known && armed && table_find(lock) == NULL) {
        (void)table_add(lock, &hidden_entry);
    }
    return none();
}

/* count_on_from(id): ids go on behind it, as if so many had been given; for tests of their end. */
static PyObject *core_count_on_from(PyObject *self, PyObject *id)
{
    (void)self;
    const unsigned long number = PyLong_AsUnsignedLong(id);
    if (PyErr_Occurred()) {
        return NULL;
    }
    last_id = (uint32_t)number;
    return none();
}

/* is_direct(lock) -> whether a lock of that type is taken without its method, when it is free. */
static PyObject *core_is_direct(PyObject *self, PyObject *lock)
{
    (void)self;
    for (int type = 0; type < LOCK_TYPES; type++) {
        if (Py_TYPE(lock) == lock_types[type].type) {
            return PyBool_FromLong(is_direct[type]);
        }
    }
    return PyBool_FromLong(0);
}

/* trace_simple_queue(type, waiting, rows) -> whether it is now; waiting None: no more. */
static PyObject *core_trace_simple_queue(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    if (!expect(count, 3)) {
        return NULL;
    }
    int hooked = 0;
    if (args[1] == Py_None) {
        simple_queue_unhook();
    } else if (PyDict_Check(args[2])) {
        hooked = simple_queue_hook(args[0], args[1], args[2]);
    }
    return PyBool_FromLong(hooked);
}

#define METHOD(NAME, FLAGS) {#NAME, (PyCFunction)(void (*)(void))core_##NAME, FLAGS, NULL}
static PyMethodDef methods[] = {
    METHOD(create, METH_FASTCALL),
    METHOD(acquired, METH_FASTCALL),
    METHOD(attempting, METH_FASTCALL),
    METHOD(acquired_again, METH_FASTCALL),
    METHOD(released, METH_FASTCALL),
    METHOD(released_again, METH_FASTCALL),
    METHOD(restore, METH_FASTCALL),
    METHOD(waiting, METH_FASTCALL),
    METHOD(waited, METH_O),
    METHOD(build, METH_O),
    METHOD(built, METH_O),
    METHOD(building, METH_NOARGS),
    METHOD(relabel, METH_FASTCALL),
    METHOD(put_label, METH_FASTCALL),
    METHOD(labels, METH_NOARGS),
    METHOD(thread, METH_VARARGS),
    METHOD(task, METH_VARARGS),
    METHOD(finished, METH_O),
    METHOD(id_of, METH_O),
    METHOD(method, METH_VARARGS),
    METHOD(waiting_method, METH_VARARGS),
    METHOD(constructor, METH_VARARGS),
    METHOD(building_method, METH_VARARGS),
    METHOD(working_method, METH_VARARGS),
    METHOD(configure, METH_VARARGS),
    METHOD(arm, METH_NOARGS),
    METHOD(disarm, METH_NOARGS),
    METHOD(hide, METH_O),
    METHOD(count_on_from, METH_O),
    METHOD(is_direct, METH_O),
    METHOD(trace_simple_queue, METH_FASTCALL),
    METHOD(listen, METH_O),
    METHOD(locks, METH_NOARGS),
    METHOD(totals, METH_NOARGS),
    METHOD(holds, METH_NOARGS),
    METHOD(waits, METH_NOARGS),
    METHOD(actors, METH_NOARGS),
    METHOD(births, METH_NOARGS),
    METHOD(stack, METH_O),
    METHOD(events, METH_NOARGS),
    METHOD(look, METH_FASTCALL),
    METHOD(forget_holds, METH_NOARGS),
    METHOD(forked, METH_NOARGS),
    METHOD(threads, METH_NOARGS),
    METHOD(frame_of, METH_O),
    METHOD(blocked_call, METH_VARARGS),
    METHOD(slot, METH_VARARGS),
    METHOD(found, METH_O),
    METHOD(found_hold, METH_VARARGS),
    METHOD(found_wait, METH_VARARGS),
    {NULL, NULL, 0, NULL},
};

COLD int name_semlock_kinds(void)
{
    static const char *const NAMES[] = {"Lock", "RLock", "BoundedSemaphore", "Semaphore"};
    uint8_t *indices[] = {&semlock_kinds.lock, &semlock_kinds.rlock, &semlock_kinds.bounded,
                          &semlock_kinds.semaphore};
    for (int i = 0; i < 4; i++) {
        PyObject *kind = PyUnicode_FromFormat("multiprocessing.%s", NAMES[i]);
        if (kind == NULL) {
            return -1;
        }
        *indices[i] = kind_index(kind);
        Py_DECREF(kind);
    }
    return 0;
}

COLD const char *start(void)
{
    if (our_interp != NULL || PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
        return "only the main interpreter of a process is traced, once";
    }
    const char *wrong = choose_layout();
    if (wrong == NULL) {
        wrong = find_hooks();
    }
    if (wrong != NULL) {
        return wrong;
    }
    PyObject *lock = PyUnicode_FromString("Lock"), *rlock = PyUnicode_FromString("RLock");
    args_nonblocking = PyTuple_Pack(1, Py_False);
    handle_type = (PyTypeObject *)PyType_FromSpec(&handle_spec);
    ended_type = (PyTypeObject *)PyType_FromSpec(&ended_spec);
    wait_type = (PyTypeObject *)PyType_FromSpec(&waiting_spec);
    actor_type = (PyTypeObject *)PyType_FromSpec(&actor_spec);
    scope_type = (PyTypeObject *)PyType_FromSpec(&scope_spec);
    method_type = (PyTypeObject *)PyType_FromSpec(&method_spec);
    constructor_type = (PyTypeObject *)PyType_FromSpec(&constructor_spec);
    if (lock == NULL || rlock == NULL || args_nonblocking == NULL || handle_type == NULL ||
        ended_type == NULL || wait_type == NULL || actor_type == NULL || method_type == NULL ||
        constructor_type == NULL || scope_type == NULL ||
        table_resize(TABLE_MIN) < 0 ||
        pthread_key_create(&actor_key, thread_ended) != 0) {
        return "there is no memory";
    }
    lock_types[LOCK].kind = kind_index(lock);
    lock_types[RLOCK].kind = kind_index(rlock);
    PyObject *counting = PyUnicode_FromString("Semaphore");
    if (counting == NULL) {
        return "there is no memory";
    }
    counting_kind = kind_index(counting);
    Py_DECREF(counting);
    Py_DECREF(lock);
    Py_DECREF(rlock);
    if (name_semlock_kinds() < 0 || labels_start() < 0) {
        return "there is no memory";
    }
    if (arrival_start() < 0) {
        return "the interpreter has no repr of its locks";
    }
    subclasses = PyObject_GetAttrString((PyObject *)&PyType_Type, "__subclasses__");
    if (subclasses == NULL) {
        return "the interpreter does not tell of subclasses";
    }
    frame_type = Py_TYPE((PyObject *)PyEval_GetFrame()); /* there is one: see check_walk */
    Py_INCREF(frame_type);
    clock_start();
    our_interp = thread_interp(PyThreadState_Get());
    return NULL;
}

static int core_exec(PyObject *module)
{
    (void)module;
    const char *wrong = start();
    if (wrong != NULL) {
        PyErr_SetString(PyExc_ImportError, wrong);
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, core_exec}, {0, NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT,
                                        "_core",
                                        NULL,
                                        0,
                                        methods,
                                        module_slots,
                                        NULL,
                                        NULL,
                                        NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&module_def); }
