/* locktrace.agent._core: the C core. One to a process; `c_core.py` is its Python side.
 *
 * Everything is guarded by the GIL. There is no lock of ours, no call of foreign code while the
 * ledger is between two states, and no state that a finalizer or a signal handler could find
 * half done. Built with the limited API of 3.11; see compat.h for what it knows beyond it.
 */
#define PY_SSIZE_T_CLEAN
#include "hooks.h"
#include "methods.h"
#include "rows.h"
#include "simple_queue.h"

static PyTypeObject *handle_type, *ended_type, *wait_type, *frame_type, *actor_type; /* owned */
#include "arrival.h"

/* -- handles: entries of primitives written in Python; the entry lives as long as its handle */

typedef struct {
    PyObject_HEAD
    struct entry *entry; /* owned */
} Handle;

static void handle_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    struct entry *entry = ((Handle *)self)->entry;
    if (entry != NULL) {
        entry_free(entry);
    }
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot handle_slots[] = {{Py_tp_dealloc, handle_dealloc}, {0, NULL}};
static PyType_Spec handle_spec = {"locktrace.agent._core.Entry", sizeof(Handle), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                  handle_slots};

/* A hold that a release has ended, for `restore`. */
typedef struct {
    PyObject_HEAD
    struct hold *hold; /* owned; NULL: put back */
} Ended;

static void ended_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    struct hold *hold = ((Ended *)self)->hold;
    if (hold != NULL) {
        hold_free(hold);
    }
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot ended_slots[] = {{Py_tp_dealloc, ended_dealloc}, {0, NULL}};
static PyType_Spec ended_spec = {"locktrace.agent._core.Hold", sizeof(Ended), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 ended_slots};

/* A wait of a primitive written in Python. It keeps its entry's handle. */
typedef struct {
    PyObject_HEAD
    PyObject *handle; /* owned */
    int under_way;
    struct wait wait;
} Waiting;

static void waiting_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Waiting *waiting = (Waiting *)self;
    if (waiting->under_way) {
        wait_end(&waiting->wait);
    }
    Py_XDECREF(waiting->handle);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot waiting_slots[] = {{Py_tp_dealloc, waiting_dealloc}, {0, NULL}};
static PyType_Spec waiting_spec = {"locktrace.agent._core.Wait", sizeof(Waiting), 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                   waiting_slots};

/* An actor that a primitive names: another thread, or a task, which ends with its handle. */
typedef struct {
    PyObject_HEAD
    struct actor *actor; /* named by this handle, so it is not freed before */
} ActorHandle;

static void actor_handle_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    struct actor *actor = ((ActorHandle *)self)->actor;
    if (actor != NULL) {
        actor->named--;
        if (actor->name != NULL || (actor->foretold && actor->named == 0)) {
            atomic_store(&actor->ended, 1);
        }
    }
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot actor_slots[] = {{Py_tp_dealloc, actor_handle_dealloc}, {0, NULL}};
static PyType_Spec actor_spec = {"locktrace.agent._core.Actor", sizeof(ActorHandle), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 actor_slots};

/* New object of one of our plain types, or NULL. */
COLD void *object_new(PyTypeObject *type) { return PyType_GenericAlloc(type, 0); }

static struct entry *entry_of(PyObject *handle)
{
    return Py_TYPE(handle) == handle_type ? ((Handle *)handle)->entry : NULL;
}

static int64_t building_parent(const struct actor *actor)
{
    if (actor->building == NULL) {
        return 0;
    }
    struct entry *entry = entry_of(actor->building);
    return entry != NULL ? (int64_t)entry->id : -1;
}

/* Index of `kind` in `kinds`, which keeps it; the last one stands for all that do not fit. */
COLD uint8_t kind_index(PyObject *kind)
{
    int i = 1;
    for (; i < MAX_KINDS && kinds[i] != NULL; i++) {
        if (PyUnicode_Compare(kinds[i], kind) == 0) {
            return (uint8_t)i;
        }
    }
    if (kinds[i] == NULL) {
        Py_INCREF(kind);
        kinds[i] = kind;
    }
    return (uint8_t)i;
}

/* The interpreter frame of a frame object given as argument; NULL for None. */
static void *frame_of(PyObject *frame)
{
    return Py_TYPE(frame) == frame_type ? object_frame(frame) : NULL;
}

COLD PyObject *none(void)
{
    Py_INCREF(Py_None);
    return Py_None;
}

static int expect(Py_ssize_t count, Py_ssize_t wanted)
{
    if (count == wanted) {
        return 1;
    }
    PyErr_Format(PyExc_TypeError, "expected %zd arguments, got %zd", wanted, count);
    return 0;
}

/* As `expect` where an argument may follow that says who acts. */
static int expect_by(Py_ssize_t count, Py_ssize_t wanted)
{
    return count == wanted + 1 || expect(count, wanted);
}

/* Who acts: the actor that is named behind `count` arguments, else the calling thread. */
HOT struct actor *acting(PyObject *const *args, Py_ssize_t count, Py_ssize_t wanted)
{
    if (__builtin_expect(count > wanted && Py_TYPE(args[wanted]) == actor_type, 0)) {
        return ((ActorHandle *)args[wanted])->actor;
    }
    return actor_here();
}

/* -- the Recorder contract */

static PyObject *core_create(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct actor *actor = actor_here();
    if (!(count == 3 || expect(count, 2)) || actor == NULL || building_parent(actor) < 0) {
        return PyErr_Occurred() ? NULL : none();
    }
    struct stack *stack = NULL;
    if (args[1] != Py_None) {
        struct walk walk;
        walk_from(&walk, frame_of(args[1]), CREATION_DEPTH);
        stack = stack_of(&walk);
    }
    Handle *handle = object_new(handle_type);
    if (handle == NULL) {
        return NULL;
    }
    handle->entry = entry_new(kind_index(args[0]), stack, (uint32_t)building_parent(actor));
    if (handle->entry == NULL) {
        Py_DECREF(handle);
        return none();
    }
    if (count == 2 || args[2] != Py_True) {
        entry_list(handle->entry);
    }
    return (PyObject *)handle;
}

static PyObject *core_acquired(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct entry *entry = expect_by(count, 3) ? entry_of(args[0]) : NULL;
    struct actor *actor = entry != NULL ? acting(args, count, 3) : NULL;
    if (actor != NULL) {
        struct hold *hold = entry_acquired(entry, actor, args[1] == Py_True, frame_of(args[2]));
        if (hold != NULL && count > 3 && Py_TYPE(args[3]) == actor_type) {
            hold->frame = NULL; /* on no thread's stack, or not for as long as it is held */
        }
    }
    return PyErr_Occurred() ? NULL : none();
}

static PyObject *core_attempting(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct actor *actor = expect(count, 1) ? actor_here() : NULL;
    if (actor != NULL) {
        actor->manner = (uint8_t)PyLong_AsLong(args[0]);
    }
    return PyErr_Occurred() ? NULL : none();
}

static PyObject *core_acquired_again(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct entry *entry = expect(count, 3) ? entry_of(args[0]) : NULL;
    struct actor *actor = entry != NULL ? actor_here() : NULL;
    if (actor != NULL) {
        entry_acquired_again(entry, actor, frame_of(args[1]), (int)PyLong_AsLong(args[2]));
    }
    return PyErr_Occurred() ? NULL : none();
}

/* Takes over `hold`; None for NULL. */
COLD PyObject *ended_new(struct hold *hold)
{
    if (hold == NULL) {
        return none();
    }
    Ended *ended = object_new(ended_type);
    if (ended == NULL) {
        hold_free(hold);
        return NULL;
    }
    ended->hold = hold;
    return (PyObject *)ended;
}

static PyObject *core_released(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct entry *entry = expect_by(count, 2) ? entry_of(args[0]) : NULL;
    struct actor *actor = entry != NULL ? acting(args, count, 2) : NULL;
    if (actor == NULL) {
        return PyErr_Occurred() ? NULL : none();
    }
    return ended_new(entry_released(entry, actor, args[1] == Py_True));
}

static PyObject *core_released_again(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct entry *entry = expect(count, 2) ? entry_of(args[0]) : NULL;
    struct actor *actor = entry != NULL ? actor_here() : NULL;
    if (actor == NULL) {
        return PyErr_Occurred() ? NULL : none();
    }
    return ended_new(entry_released_again(entry, actor, (int)PyLong_AsLong(args[1])));
}

static PyObject *core_restore(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    if (!expect(count, 2)) {
        return NULL;
    }
    struct entry *entry = entry_of(args[0]);
    if (entry != NULL && args[1] == Py_None) {
        entry_take_back(entry, NULL);
    }
    if (entry != NULL && Py_TYPE(args[1]) == ended_type && ((Ended *)args[1])->hold != NULL) {
        entry_take_back(entry, ((Ended *)args[1])->hold);
        ((Ended *)args[1])->hold = NULL;
    }
    return none();
}

static PyObject *core_waiting(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct entry *entry = expect_by(count, 4) ? entry_of(args[0]) : NULL;
    struct actor *actor = entry != NULL ? acting(args, count, 4) : NULL;
    if (actor == NULL) {
        return PyErr_Occurred() ? NULL : none();
    }
    Waiting *waiting = object_new(wait_type);
    if (waiting == NULL) {
        return NULL;
    }
    Py_INCREF(args[0]);
    waiting->handle = args[0];
    wait_begin(&waiting->wait, entry, actor, args[1] == Py_True, args[2] == Py_True,
               frame_of(args[3]));
    waiting->under_way = 1;
    return (PyObject *)waiting;
}

static PyObject *core_waited(PyObject *self, PyObject *wait)
{
    (void)self;
    if (Py_TYPE(wait) == wait_type && ((Waiting *)wait)->under_way) {
        ((Waiting *)wait)->under_way = 0;
        wait_end(&((Waiting *)wait)->wait);
    }
    return none();
}

static PyObject *core_build(PyObject *self, PyObject *entry)
{
    (void)self;
    struct actor *actor = actor_here();
    if (actor == NULL) {
        return none();
    }
    PyObject *before = actor->building;
    if (entry != Py_None) {
        Py_INCREF(entry);
    }
    actor->building = entry != Py_None ? entry : NULL;
    return before != NULL ? before : none();
}

/* set_label((id, text)[, actor]) -> the one before, or None; id 0 is no label. */
static PyObject *core_set_label(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct actor *actor = expect_by(count, 1) ? acting(args, count, 1) : NULL;
    if (actor == NULL || !PyTuple_CheckExact(args[0]) || PyTuple_Size(args[0]) != 2) {
        return PyErr_Occurred() ? NULL : none();
    }
    unsigned long id = PyLong_AsUnsignedLong(PyTuple_GetItem(args[0], 0));
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyObject *before = actor->label;
    if (id != 0) {
        Py_INCREF(args[0]);
    }
    actor->label = id != 0 ? args[0] : NULL;
    actor->label_id = (uint32_t)id;
    return before != NULL ? before : none();
}

/* Takes over nothing; NULL `actor` gives None: there is no memory. */
COLD PyObject *actor_handle_new(struct actor *actor)
{
    if (actor == NULL) {
        return none();
    }
    actor->named++; /* first: making an object may start a collection, and that a sweep */
    ActorHandle *handle = object_new(actor_type);
    if (handle == NULL) {
        actor->named--;
        return NULL;
    }
    handle->actor = actor;
    return (PyObject *)handle;
}

/* thread(ident, native_id) -> the handle of a living thread. */
static PyObject *core_thread(PyObject *self, PyObject *args)
{
    (void)self;
    unsigned long ident;
    unsigned int native_id;
    if (!PyArg_ParseTuple(args, "kI", &ident, &native_id)) {
        return NULL;
    }
    return actor_handle_new(actor_foretell(ident, native_id));
}

/* task(name, ident, native_id) -> the handle of a new task that runs in that thread. */
static PyObject *core_task(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *name;
    unsigned long ident;
    unsigned int native_id;
    if (!PyArg_ParseTuple(args, "UkI", &name, &ident, &native_id)) {
        return NULL;
    }
    struct actor *actor = actor_add(ident, native_id);
    if (actor != NULL) {
        Py_INCREF(name);
        actor->name = name;
    }
    return actor_handle_new(actor);
}

/* finished(actor): that task is done. */
static PyObject *core_finished(PyObject *self, PyObject *actor)
{
    (void)self;
    if (Py_TYPE(actor) == actor_type) {
        atomic_store(&((ActorHandle *)actor)->actor->ended, 1);
    }
    return none();
}

/* id_of(entry or actor or lock) -> its number on the wire; 0: it has none. */
static PyObject *core_id_of(PyObject *self, PyObject *object)
{
    (void)self;
    if (Py_TYPE(object) == actor_type) {
        return PyLong_FromUnsignedLong(((ActorHandle *)object)->actor->id);
    }
    struct entry *entry = entry_of(object);
    for (int type = LOCK; entry == NULL && armed && type <= RLOCK; type++) {
        if (PyType_IsSubtype(Py_TYPE(object), lock_types[type].type)) {
            entry = lock_entry(object, type);
        }
    }
    return PyLong_FromUnsignedLong(entry != NULL ? entry->id : 0);
}

/* method(bound, whole, original, rows, gives, argument, shared) -> what stands before `whole`. */
static PyObject *core_method(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *bound, *whole, *original, *rows, *gives, *argument;
    int shared;
    if (!PyArg_ParseTuple(args, "OOOO!OOp", &bound, &whole, &original, &PyDict_Type, &rows, &gives,
                          &argument, &shared)) {
        return NULL;
    }
    return method_new(bound, whole, original, rows, gives, argument, shared);
}

/* found(entry or wait): the newest hold of the one, or the other, was there when we came. */
static PyObject *core_found(PyObject *self, PyObject *object)
{
    (void)self;
    struct entry *entry = entry_of(object);
    if (entry != NULL && entry->holds != NULL) {
        entry->holds->found = FLAG_FOUND;
        tell_hold(entry, entry->holds);
    } else if (Py_TYPE(object) == wait_type && ((Waiting *)object)->under_way) {
        wait_found(&((Waiting *)object)->wait);
    }
    return none();
}

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

/* trace_simple_queue(type, waiting) -> whether it is now; waiting None: no more. */
static PyObject *core_trace_simple_queue(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    if (!expect(count, 2)) {
        return NULL;
    }
    int hooked = 0;
    if (args[1] == Py_None) {
        simple_queue_unhook();
    } else {
        hooked = simple_queue_hook(args[0], args[1]);
    }
    return PyBool_FromLong(hooked);
}

/* -- the Ledger contract */

static PyObject *core_listen(PyObject *self, PyObject *on)
{
    (void)self;
    if (on != Py_True) {
        rings_close();
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
    if (!expect(count, 2)) {
        return NULL;
    }
    unsigned long long settled_ns = PyLong_AsUnsignedLongLong(args[0]);
    return PyErr_Occurred() ? NULL : row_look(settled_ns, args[1]);
}

static PyObject *core_forget_holds(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    rings_close();
    found_forget();
    FOR_EACH_ENTRY(entry) { entry_drop_holds(entry); }
    return none();
}

/* In a forked child only the calling thread lives on; what others held stays held. */
static PyObject *core_forked(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    rings_close();
    found_forget();
    struct actor *survivor = actor_here();
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        if (actor != survivor) {
            atomic_store(&actor->ended, 1);
            actor->waits = NULL;
        }
    }
    if (survivor != NULL) {
        survivor->native_id = (uint32_t)syscall(SYS_gettid);
    }
    semaphores_forked();
    return none();
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
    METHOD(set_label, METH_FASTCALL),
    METHOD(thread, METH_VARARGS),
    METHOD(task, METH_VARARGS),
    METHOD(finished, METH_O),
    METHOD(id_of, METH_O),
    METHOD(method, METH_VARARGS),
    METHOD(configure, METH_VARARGS),
    METHOD(arm, METH_NOARGS),
    METHOD(disarm, METH_NOARGS),
    METHOD(hide, METH_O),
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
    method_type = (PyTypeObject *)PyType_FromSpec(&method_spec);
    if (lock == NULL || rlock == NULL || args_nonblocking == NULL || handle_type == NULL ||
        ended_type == NULL || wait_type == NULL || actor_type == NULL || method_type == NULL ||
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
    if (name_semlock_kinds() < 0) {
        return "there is no memory";
    }
    if (arrival_start() < 0) {
        return "the interpreter has no repr of its locks";
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
