/* The entries of `_thread.lock`, `_thread.RLock` and `_multiprocessing.SemLock`: one to each lock
 * object, made with it, or when a lock from before tracing is first met, and gone with it.
 */
#ifndef LOCKTRACE_TRACED_LOCKS_H
#define LOCKTRACE_TRACED_LOCKS_H

#include "handles.h"
#include "semaphores.h"
#include "slots.h"

HOT struct entry *lock_register(PyObject *lock, uint8_t kind, struct stack *stack, int64_t parent)
{
    int unseen = parent < 0 || (stack != NULL && stack->unseen_make);
    struct entry *entry =
        unseen ? &hidden_entry : entry_new(kind, stack, (uint32_t)parent);
    if (entry == NULL) {
        return &hidden_entry;
    }
    if (table_add(lock, entry) < 0) {
        entry_free(entry);
        return &hidden_entry;
    }
    if (entry != &hidden_entry) {
        entry->lock = lock;
    }
    return entry;
}

/* As `lock_register` for a SemLock that had `permits` at first. */
COLD struct entry *semlock_register(PyObject *lock, int permits, const char *name,
                                    struct stack *stack, int64_t parent)
{
    struct semaphore *semaphore = semaphore_new(lock, permits, name);
    struct entry *entry = semaphore != NULL
                              ? lock_register(lock, semlock_kind(lock), stack, parent)
                              : &hidden_entry;
    if (entry == &hidden_entry) {
        free(semaphore);
    } else {
        entry->semaphore = semaphore;
    }
    return entry;
}

/* The lock's entry; one that was made before tracing, or by C code, gets it now, unlisted. */
HOT struct entry *lock_entry(PyObject *lock, enum lock_type type)
{
    struct entry *entry = table_find(lock);
    if (__builtin_expect(entry != NULL, 1)) {
        return entry;
    }
    if (type == SEMLOCK) {
        return semlock_register(lock, PERMITS_UNKNOWN, NULL, NULL, 0);
    }
    return lock_register(lock, lock_types[type].kind, NULL, 0);
}

/* A lock has just been made by the code that runs. */
static void lock_created(PyObject *lock, uint8_t kind, PyThreadState *ts)
{
    struct actor *actor = actor_here();
    if (actor == NULL || table_find(lock) != NULL) {
        return;
    }
    struct walk walk;
    walk_from(&walk, thread_frame(ts), CREATION_DEPTH);
    struct entry *entry = lock_register(lock, kind, stack_of(&walk), building_parent(actor));
    if (entry != &hidden_entry) {
        entry_list(entry);
    }
}

/* Whether `object` is a SemLock whose end we see: a second import makes a second type. */
HOT int is_semlock(PyObject *object)
{
    PyTypeObject *type = lock_types[SEMLOCK].type;
    return Py_TYPE(object) == type || PyType_IsSubtype(Py_TYPE(object), type);
}

/* The entry of a SemLock; NULL for what is none. */
COLD struct entry *semlock_entry(PyObject *object)
{
    int is_one = armed && lock_types[SEMLOCK].type != NULL && is_semlock(object);
    return is_one ? lock_entry(object, SEMLOCK) : NULL;
}

/* As `lock_created` for a SemLock; under `multiprocessing` its makers stand many deep. */
COLD void semlock_created(PyObject *lock, int permits, const char *name, PyThreadState *ts)
{
    struct actor *actor = actor_here();
    if (actor == NULL || table_find(lock) != NULL) {
        return;
    }
    struct walk walk;
    walk_from(&walk, thread_frame(ts), SEMLOCK_CREATION_DEPTH);
    struct entry *entry =
        semlock_register(lock, permits, name, stack_of(&walk), building_parent(actor));
    if (entry != &hidden_entry) {
        entry_list(entry);
    }
}

/* The thread state when this call is to be recorded, else NULL. */
HOT PyThreadState *tracing_here(void)
{
    if (__builtin_expect(!armed, 0)) {
        return NULL;
    }
    PyThreadState *ts = PyThreadState_Get();
    return __builtin_expect(thread_interp(ts) == our_interp, 1) ? ts : NULL;
}

HOT void lock_gone(PyObject *lock)
{
    struct entry *entry = table_remove(lock);
    if (entry != NULL) {
        entry_free(entry);
    }
}

#endif
