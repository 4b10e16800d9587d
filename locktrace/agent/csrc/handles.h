/* What the Python side holds of us: an entry, a wait, a hold that has ended, an actor; and how the
 * arguments of our functions are read.
 */
#ifndef LOCKTRACE_HANDLES_H
#define LOCKTRACE_HANDLES_H

#include "waits.h"

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

static PyTypeObject *handle_type, *ended_type, *wait_type, *actor_type, *frame_type; /* owned */

/* An entry of a primitive written in Python; the entry lives as long as its handle. */
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

/* The handle of a new entry; NULL with an exception or, where there is no memory for the entry, without. */
static PyObject *entry_handle_new(uint8_t kind, struct stack *stack, uint32_t parent, int quiet)
{
    Handle *handle = object_new(handle_type); /* may collect: nothing is half done */
    if (handle == NULL) {
        return NULL;
    }
    handle->entry = entry_new(kind, stack, parent);
    if (handle->entry == NULL) {
        Py_DECREF(handle);
        return NULL;
    }
    if (!quiet) {
        entry_list(handle->entry);
    }
    return (PyObject *)handle;
}

/* The entry behind a handle; NULL for any other object. */
static struct entry *entry_of(PyObject *handle)
{
    return Py_TYPE(handle) == handle_type ? ((Handle *)handle)->entry : NULL;
}

/* That a thread builds a primitive, whose inner locks are those that it makes meanwhile. Each is an
 * object and in a list, for greenlets of one thread take turns, and end in any order. */
struct scope {
    PyObject_HEAD
    struct scope *outer; /* borrowed; the list is the actor's */
    struct actor *actor; /* named by this; NULL: it is over */
    PyObject *entry;     /* owned; NULL: what is made is nobody's inner lock */
};

static PyTypeObject *scope_type; /* owned */

HOT void scope_end(struct scope *scope)
{
    struct actor *actor = scope->actor;
    if (actor == NULL) {
        return;
    }
    struct scope **at = &actor->scopes;
    while (*at != scope) {
        at = &(*at)->outer;
    }
    *at = scope->outer;
    scope->actor = NULL;
    actor->named--;
}

static void scope_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    struct scope *scope = (struct scope *)self;
    scope_end(scope);
    Py_XDECREF(scope->entry);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot scope_slots[] = {{Py_tp_dealloc, scope_dealloc}, {0, NULL}};
static PyType_Spec scope_spec = {"locktrace.agent._core.Scope", sizeof(struct scope), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 scope_slots};

/* One that lasts as long as its object, or until `scope_end`; takes over `entry`. NULL, without an
 * exception: there is no memory. */
HOT struct scope *scope_begin(struct actor *actor, PyObject *entry)
{
    struct scope *scope = object_new(scope_type);
    if (scope == NULL) {
        PyErr_Clear();
        Py_XDECREF(entry);
        return NULL;
    }
    scope->entry = entry;
    scope->actor = actor;
    scope->outer = actor->scopes;
    actor->scopes = scope;
    actor->named++;
    return scope;
}

/* What the calling thread builds; borrowed, or NULL. */
HOT PyObject *built_by(const struct actor *actor)
{
    return actor->scopes != NULL ? actor->scopes->entry : NULL;
}

/* As its id: that of the compound primitive, 0, or -1 for `hidden`. */
static int64_t building_parent(const struct actor *actor)
{
    PyObject *built = built_by(actor);
    if (built == NULL) {
        return 0;
    }
    struct entry *entry = entry_of(built);
    return entry != NULL ? (int64_t)entry->id : -1;
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

/* The interpreter frame of a frame object given as argument; NULL for None. */
static void *frame_of(PyObject *frame)
{
    return Py_TYPE(frame) == frame_type ? object_frame(frame) : NULL;
}

/* Who acts: the actor that is named behind `count` arguments, else the calling thread. */
HOT struct actor *acting(PyObject *const *args, Py_ssize_t count, Py_ssize_t wanted)
{
    if (__builtin_expect(count > wanted && Py_TYPE(args[wanted]) == actor_type, 0)) {
        return ((ActorHandle *)args[wanted])->actor;
    }
    return actor_here();
}

#endif
