/* The Recorder contract (`recorder.py`): what primitives written in Python tell the core. */
#ifndef LOCKTRACE_RECORDING_H
#define LOCKTRACE_RECORDING_H

#include "constructors.h"
#include "labels.h"

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
    const int quiet = count == 3 && args[2] == Py_True;
    PyObject *handle =
        entry_handle_new(kind_index(args[0]), stack, (uint32_t)building_parent(actor), quiet);
    return handle != NULL || PyErr_Occurred() ? handle : none();
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

/* As `entry_of`; a SemLock stands for what is waited for on its behalf. */
static struct entry *entry_of_wanted(PyObject *object)
{
    struct entry *entry = entry_of(object);
    entry = entry != NULL ? entry : semlock_entry(object);
    return entry != &hidden_entry ? entry : NULL;
}

static PyObject *core_waiting(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    (void)self;
    struct entry *entry = expect_by(count, 4) ? entry_of_wanted(args[0]) : NULL;
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
    PyObject *built = entry != Py_None ? entry : NULL;
    Py_XINCREF(built);
    PyObject *scope = (PyObject *)scope_begin(actor, built);
    return scope != NULL ? scope : none();
}

static PyObject *core_built(PyObject *self, PyObject *scope)
{
    (void)self;
    if (Py_TYPE(scope) == scope_type) {
        scope_end((struct scope *)scope);
    }
    return none();
}

static PyObject *core_building(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    const struct actor *actor = actor_here();
    PyObject *built = actor != NULL ? built_by(actor) : NULL;
    Py_XINCREF(built);
    return built != NULL ? built : none();
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
    entry = entry != NULL ? entry : semlock_entry(object);
    return PyLong_FromUnsignedLong(entry != NULL ? entry->id : 0);
}

#endif
