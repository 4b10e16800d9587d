/* What `locktrace.agent.arrival` asks of the core: to look into frames, and to take in what it
 * has found there. Each call checks anew that the frame still is where it was seen, for between
 * two calls from Python its thread may have gone on.
 */
#ifndef LOCKTRACE_ARRIVAL_H
#define LOCKTRACE_ARRIVAL_H

#include "found.h"
#include "rows.h"

static PyTypeObject *bound_type; /* owned; of bound methods written in Python */
static int thread_ids = -1;       /* where a thread state has its ids */

/* threads() -> [(ident, native_id), ...] of this interpreter. */
static PyObject *core_threads(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    PyObject *list = PyList_New(0);
    PyThreadState *ts = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    if (thread_ids < 0) {
        thread_ids = find_thread_ids(PyThreadState_Get(), PyThread_get_thread_ident(),
                                     (unsigned long)syscall(SYS_gettid));
    }
    struct rows rows = {0};
    for (; ts != NULL && thread_ids >= 0; ts = PyThreadState_Next(ts)) {
        struct row *row = rows_add(&rows);
        if (row != NULL) {
            row->cell[0] = AT(unsigned long, ts, thread_ids);
            row->cell[1] = AT(unsigned long, ts, thread_ids + (int)sizeof(unsigned long));
        }
    }
    for (size_t i = 0; list != NULL && i < rows.count; i++) {
        PyObject *pair = Py_BuildValue("(KK)", rows.at[i].cell[0], rows.at[i].cell[1]);
        if (pair == NULL || PyList_Append(list, pair) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(pair);
    }
    free(rows.at);
    return list;
}

/* frame_of(ident) -> the innermost frame of that thread, or None. */
static PyObject *core_frame_of(PyObject *self, PyObject *number)
{
    (void)self;
    unsigned long ident = PyLong_AsUnsignedLong(number);
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyThreadState *ts = PyInterpreterState_ThreadHead(PyInterpreterState_Get());
    while (ts != NULL && thread_ids >= 0 && AT(unsigned long, ts, thread_ids) != ident) {
        ts = PyThreadState_Next(ts);
    }
    PyObject *frame = ts != NULL && thread_ids >= 0 ? (PyObject *)PyThreadState_GetFrame(ts) : NULL;
    return frame != NULL ? frame : none();
}

COLD void *frame_argument(PyObject *object, int lasti)
{
    return Py_TYPE(object) == frame_type ? frame_at(object, lasti) : NULL;
}

/* An argument that tells whether a call has a time-out; None for all else. */
COLD PyObject *plain_argument(PyObject *object)
{
    int plain = object != NULL && (Py_TYPE(object) == &PyBool_Type || Py_TYPE(object) == &PyLong_Type ||
                                   Py_TYPE(object) == &PyFloat_Type || Py_TYPE(object) == &PyTuple_Type ||
                                   Py_TYPE(object) == &PyDict_Type);
    object = plain ? object : Py_None;
    Py_INCREF(object);
    return object;
}

/* The C method that is being called, and the object that it is called on; borrowed. */
struct called {
    PyObject *callable, *self;
    int first_argument; /* slot */
};

COLD struct called called_in(void *frame, int base)
{
    PyObject *low = live_slot(frame, base), *high = live_slot(frame, base + 1);
    int second = !callable_comes_first() && frame_slot(frame, base) == NULL;
    struct called called = {second ? high : low, second ? NULL : high, base + 2};
    if (called.callable == NULL) {
        return called;
    }
    if (Py_TYPE(called.callable) == &PyMethodDescr_Type) {
        if (called.self == NULL) {
            called.self = live_slot(frame, called.first_argument++);
        }
    } else if (Py_TYPE(called.callable) == &PyCFunction_Type) {
        called.self = PyCFunction_GetSelf(called.callable);
    } else {
        called.callable = NULL;
    }
    return called;
}

enum { MAX_ARGUMENTS = 8 };

/* blocked_call(frame, lasti, base, slots, types) -> (name, self, arguments) of the call of a C
 * method of an object of one of `types` that the frame is in; None where it is in no such call. */
static PyObject *core_blocked_call(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *object, *types;
    int lasti, base, slots;
    if (!PyArg_ParseTuple(args, "OiiiO!", &object, &lasti, &base, &slots, &PyTuple_Type, &types)) {
        return NULL;
    }
    void *frame = frame_argument(object, lasti);
    if (frame == NULL || !slot_is_live(frame, base + slots - 1)) {
        return none();
    }
    struct called called = called_in(frame, base);
    if (called.callable == NULL || only_of(called.self, types) == NULL) {
        return none();
    }
    PyObject *given[MAX_ARGUMENTS];
    int count = 0;
    for (int at = called.first_argument; at < base + slots && count < MAX_ARGUMENTS; at++) {
        given[count++] = plain_argument(live_slot(frame, at));
    }
    Py_INCREF(called.callable);
    Py_INCREF(called.self);
    /* From here on Python objects are made, and the frame may go on: it is not looked at again. */
    PyObject *arguments = PyTuple_New(count);
    for (int i = 0; i < count; i++) {
        if (arguments == NULL) {
            Py_DECREF(given[i]);
        } else {
            (void)PyTuple_SetItem(arguments, i, given[i]);
        }
    }
    PyObject *name = PyObject_GetAttrString(called.callable, "__name__");
    Py_DECREF(called.callable);
    if (name == NULL || arguments == NULL) {
        Py_XDECREF(name);
        Py_XDECREF(arguments);
        Py_DECREF(called.self);
        return NULL;
    }
    return Py_BuildValue("(NNN)", name, called.self, arguments);
}

/* slot(frame, lasti, index, types) -> what is there, or what a bound method there is bound to, if
 * it is of one of `types`; else None. */
static PyObject *core_slot(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *object, *types;
    int lasti, index;
    if (!PyArg_ParseTuple(args, "OiiO!", &object, &lasti, &index, &PyTuple_Type, &types)) {
        return NULL;
    }
    void *frame = frame_argument(object, lasti);
    PyObject *found = frame != NULL ? live_slot(frame, index) : NULL;
    if (found != NULL && (Py_TYPE(found) == &PyCFunction_Type || Py_TYPE(found) == bound_type)) {
        found = AT(PyObject *, found, CALLABLE_SELF);
    }
    found = only_of(found, types);
    if (found == NULL) {
        return none();
    }
    Py_INCREF(found);
    return found;
}

/* The entry of a lock or of a handle; NULL: it is not traced. */
COLD struct entry *entry_of_subject(PyObject *subject)
{
    struct entry *entry = entry_of(subject);
    for (int type = 0; entry == NULL && armed && type < OWN_LOCK_TYPES; type++) {
        if (PyType_IsSubtype(Py_TYPE(subject), lock_types[type].type)) {
            entry = lock_entry(subject, type);
        }
    }
    entry = entry != NULL ? entry : semlock_entry(subject);
    return entry != &hidden_entry ? entry : NULL;
}

/* The stack from `frame` outwards as if it were at the offset `site`, and the frame that is
 * answerable for a release. */
COLD struct stack *stack_found(void *frame, int site, int depth, void **answerable)
{
    if (frame == NULL) {
        return &unknown_stack;
    }
    struct walk walk;
    walk_from(&walk, frame, depth);
    if (site >= 0) {
        walk_move(&walk, depth,
                  (uintptr_t)frame_code(frame) + (uintptr_t)(layout.code_bytes + site));
    }
    struct stack *stack = stack_of(&walk);
    *answerable = walk.frame[stack->site_steps];
    return stack;
}

/* found_hold(subject, frame, lasti, site, ident, native_id, shared, depth, likely, alone) -> its id
 *
 * `frame` None: it is not known where it was taken. `site` is the offset of the instruction that
 * acquired; -1: where the frame is now. 0 if the frame is elsewhere by now, or somebody else is
 * known to have the lock. The levels of a lock that knows them are taken from it. `alone`: the
 * frame is suspended, and called by nobody. */
static PyObject *core_found_hold(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *subject, *object;
    int lasti, site, shared, depth, likely, alone;
    unsigned long ident;
    unsigned int native_id;
    if (!PyArg_ParseTuple(args, "OOiikIpipp", &subject, &object, &lasti, &site, &ident, &native_id,
                          &shared, &depth, &likely, &alone)) {
        return NULL;
    }
    uint64_t id = 0;
    void *frame = frame_argument(object, lasti);
    struct entry *entry = frame != NULL || object == Py_None ? entry_of_subject(subject) : NULL;
    struct actor *actor = entry != NULL ? actor_foretell(ident, native_id) : NULL;
    int levels = depth;
    if (actor != NULL && entry->lock != NULL) {
        levels = entry_levels(entry, ident, depth);
    }
    if (actor != NULL && levels > 0) {
        if (entry->holds != NULL && entry->holds->actor == actor && !shared) {
            entry->holds->depth = levels; /* taken once more since we came: the ledger saw only that */
        } else if (!holds_already(entry, actor, shared, likely)) {
            void *answerable = NULL;
            struct stack *stack = stack_found(frame, site, alone ? 1 : rules.depth, &answerable);
            id = hold_found(entry, actor, shared, stack, answerable, levels,
                            (uint8_t)(FLAG_FOUND | (likely ? FLAG_LIKELY : 0)));
        }
    }
    return PyLong_FromUnsignedLongLong(id);
}

COLD int waits_already(const struct actor *actor, const struct entry *entry)
{
    for (const struct wait *wait = actor->waits; wait != NULL; wait = wait->next) {
        if (wait->entry == entry) {
            return 1;
        }
    }
    return 0;
}

/* found_wait(subject, caller, frame, lasti, inner, ident, native_id, shared, timed, depth,
 * uncertain, blocks_on) -> its id
 *
 * `frame`, at `lasti`, is that of the call that waits, `caller` the one that it was called from:
 * the same if it is a call of a C method; `inner` if others may be further in. `depth` is how
 * many levels the thread has when it gets the lock, 0 if it gets none; `blocks_on` the lock
 * object in which it blocks, or None. 0 if the frame is elsewhere by now. */
static PyObject *core_found_wait(PyObject *self, PyObject *args)
{
    (void)self;
    PyObject *subject, *caller, *object, *blocks_on;
    int lasti, inner, shared, timed, depth, uncertain;
    unsigned long ident;
    unsigned int native_id;
    if (!PyArg_ParseTuple(args, "OOOipkIppipO", &subject, &caller, &object, &lasti, &inner,
                          &ident, &native_id, &shared, &timed, &depth, &uncertain, &blocks_on)) {
        return NULL;
    }
    uint64_t id = 0;
    void *frame = frame_argument(object, lasti);
    struct entry *entry = frame != NULL ? entry_of_subject(subject) : NULL;
    struct actor *actor = entry != NULL ? actor_foretell(ident, native_id) : NULL;
    struct found_wait *found = NULL;
    if (actor != NULL && Py_TYPE(caller) == frame_type && !waits_already(actor, entry)) {
        found = calloc(1, sizeof *found);
    }
    if (found != NULL) {
        struct wait *wait = &found->wait;
        wait_begin(wait, entry, actor, shared, timed, object_frame(caller));
        wait_found(wait);
        if (blocks_on != Py_None) {
            wait->blocks_on = blocks_on;
        }
        found->frame = frame;
        found->instr = inner ? 0 : frame_instr(frame);
        found->code = frame_code(frame);
        Py_INCREF(found->code);
        found->depth = depth;
        found->uncertain = (uint8_t)uncertain;
        if (entry->lock == NULL) {
            Py_INCREF(subject);
            found->handle = subject;
        }
        found->next = found_waits;
        found_waits = found;
        found_waiting++;
        id = wait->id;
    }
    return PyLong_FromUnsignedLongLong(id);
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

/* 0, or -1. */
COLD int arrival_start(void)
{
    for (int type = 0; type < OWN_LOCK_TYPES; type++) {
        lock_reprs[type] = (reprfunc)PyType_GetSlot(lock_types[type].type, Py_tp_repr);
        if (lock_reprs[type] == NULL) {
            return -1;
        }
    }
    PyObject *types = PyImport_ImportModule("types");
    bound_type = types != NULL ? (PyTypeObject *)PyObject_GetAttrString(types, "MethodType") : NULL;
    Py_XDECREF(types);
    return bound_type != NULL ? 0 : -1;
}

#endif
