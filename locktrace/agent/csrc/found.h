/* Holds and waits that were there when we came, told by `locktrace.agent.arrival`.
 *
 * A thread that was blocked in an acquire before the method tables were changed is inside the
 * original method, so no hook of ours sees it come back. A look at its stack does, or the thread
 * itself when it comes to any hook; if nobody was seen to take the lock since, it has it.
 */
#ifndef LOCKTRACE_FOUND_H
#define LOCKTRACE_FOUND_H

#include "traced_locks.h"

struct found_wait {
    struct wait wait;
    struct found_wait *next;
    void *frame;     /* of the call that waits; an address, not to be followed unchecked */
    uintptr_t instr; /* where that frame is, if it is the innermost; 0: others may be further in */
    PyObject *code;  /* owned; of the frame */
    PyObject *handle; /* owned; of a primitive written in Python, or NULL */
    int32_t depth;   /* levels that the thread has when it gets the lock; 0: it gets none */
    uint8_t uncertain; /* a signal handler may have ended it without the lock */
};

static struct found_wait *found_waits;
enum { OWN_LOCK_TYPES = SEMLOCK }; /* those that say whether they are taken */
static reprfunc lock_reprs[OWN_LOCK_TYPES]; /* the types' own, which make a str and nothing else */

/* -- frames of threads that do not run */

/* The running or suspended frame behind `object` if it is at `lasti`, else NULL. */
COLD void *frame_at(PyObject *object, int lasti)
{
    void *frame = AT(void *, object, FRAME_OBJECT_F_FRAME);
    if (frame == NULL || AT(uint8_t, frame, layout.f_owner) > LAST_RUNNING_OWNER) {
        return NULL;
    }
    return instr_offset(frame_code(frame), frame_instr(frame)) == lasti ? frame : NULL;
}

/* Whether `index` is among the slots in use, as far as the frame says. */
COLD int slot_is_live(void *frame, int index)
{
    int saved = frame_saved_slots(frame);
    return index >= 0 && (saved < 0 || index < saved);
}

/* Borrowed; NULL: nothing that could be looked at. */
COLD PyObject *live_slot(void *frame, int index)
{
    PyObject *object = slot_is_live(frame, index) ? frame_slot(frame, index) : NULL;
    return object != NULL && is_alive(object) ? object : NULL;
}

/* Borrowed; `object` if it is of one of `types`, else NULL. */
COLD PyObject *only_of(PyObject *object, PyObject *types)
{
    for (Py_ssize_t i = 0; object != NULL && i < PyTuple_Size(types); i++) {
        PyTypeObject *type = (PyTypeObject *)PyTuple_GetItem(types, i);
        if (PyType_IsSubtype(Py_TYPE(object), type)) {
            return object;
        }
    }
    return NULL;
}

/* -- holds */

/* How often that thread has taken the lock, as far as the lock knows: one that has no owner may
 * have been taken by any. Asks `repr`, which says the same in every version; not by a call, for
 * the arguments of one may start the garbage collector, and this runs amid our lists. */
COLD int lock_levels(PyObject *lock, enum lock_type type, unsigned long ident)
{
    PyObject *text = lock_reprs[type](lock);
    const char *said = text != NULL ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    int levels = said != NULL && strncmp(said, "<locked", 7) == 0;
    if (levels && type == RLOCK) {
        const char *owner = strstr(said, "owner="), *count = strstr(said, "count=");
        int own = owner != NULL && count != NULL && strtoul(owner + 6, NULL, 10) == ident;
        levels = own ? (int)strtol(count + 6, NULL, 10) : 0;
    }
    Py_XDECREF(text);
    PyErr_Clear();
    return levels;
}

COLD enum lock_type type_of(const struct entry *entry)
{
    return entry->kind == lock_types[RLOCK].kind ? RLOCK : LOCK;
}

/* As `lock_levels`, of the lock of `entry`; a semaphore knows only whether it is taken at all, and
 * then it is `depth` times. */
COLD int entry_levels(const struct entry *entry, unsigned long ident, int depth)
{
    return entry->semaphore == NULL               ? lock_levels(entry->lock, type_of(entry), ident)
           : semaphore_is_taken(entry->semaphore) ? depth
                                                  : 0;
}

/* A hold that began before we came. 0: there is no memory. */
COLD uint64_t hold_found(struct entry *entry, struct actor *actor, int shared, struct stack *stack,
                         void *frame, int depth, uint8_t flags)
{
    struct hold *hold = hold_new(actor);
    if (hold == NULL) {
        return 0;
    }
    *hold = (struct hold){.next = entry->holds,
                          .actor = actor,
                          .stack = stack,
                          .frame = frame,
                          .id = next_ref(),
                          .since = clock_ns(),
                          .label = actor->label,
                          .depth = depth,
                          .shared = (uint8_t)shared,
                          .found = flags};
    Py_XINCREF(hold->label);
    entry->holds = hold;
    entry->hold_count++;
    actor->named++;
    if (entry->listed) {
        tell_hold(entry, hold);
    } else {
        entry_list(entry);
    }
    return hold->id;
}

/* Whether `actor` cannot be the one who has it, for somebody is known to. Of several who may have
 * it, each is likely. */
COLD int holds_already(const struct entry *entry, const struct actor *actor, int shared, int likely)
{
    for (const struct hold *hold = entry->holds; hold != NULL; hold = hold->next) {
        int both_likely = likely && (hold->found & FLAG_LIKELY) != 0;
        if (hold->actor == actor || !((shared && hold->shared) || both_likely)) {
            return 1;
        }
    }
    return 0;
}

/* An exclusive hold has ended: so none of the others that were likely was one. */
static void found_drop_likely(struct entry *entry)
{
    for (struct hold **at = &entry->holds; *at != NULL;) {
        struct hold *hold = *at;
        if (hold->found & FLAG_LIKELY) {
            *at = hold->next;
            entry->hold_count--;
            tell(EVENT_RELEASED, 0, clock_ns(), hold->id, entry, hold->actor, NULL, 0);
            hold_free(hold);
        } else {
            at = &hold->next;
        }
    }
}

/* -- waits */

/* It was there when we came; told of once more. */
COLD void wait_found(struct wait *wait)
{
    uint8_t flags = (uint8_t)((wait->shared ? FLAG_SHARED : 0) | (wait->timed ? FLAG_TIMED : 0));
    wait->found = FLAG_FOUND;
    if (wait->entry != NULL) {
        tell(EVENT_WAITING, flags | FLAG_FOUND, wait->since, wait->id, wait->entry, wait->actor,
             wait->stack, wait->label_id);
    }
}

/* It has got what it waited for, unless nobody knows. */
COLD void found_wait_succeeds(struct found_wait *found)
{
    struct wait *wait = &found->wait;
    struct entry *entry = wait->entry;
    if (entry == NULL || found->depth == 0 || holds_already(entry, wait->actor, wait->shared, 0)) {
        return;
    }
    int levels = found->depth, doubt = 0;
    if (entry->lock != NULL) {
        levels = entry_levels(entry, wait->actor->ident, levels);
        doubt = type_of(entry) == LOCK && (found->uncertain || wait->timed);
    }
    if (levels > 0) {
        hold_found(entry, wait->actor, wait->shared, wait->stack, wait->frame, levels,
                   (uint8_t)(FLAG_FOUND | (doubt ? FLAG_LIKELY : 0)));
    }
}

/* That wait is over. `at` is where the list has it. */
COLD void found_wait_end(struct found_wait **at, int may_succeed)
{
    struct found_wait *found = *at;
    *at = found->next;
    found_waiting--;
    if (may_succeed) {
        found_wait_succeeds(found);
    }
    wait_end(&found->wait);
    PyObject *handle = found->handle;
    Py_DECREF(found->code);
    free(found);
    Py_XDECREF(handle); /* last: it may free its entry */
}

/* Whether that call is still on the stack whose innermost frame is `frame`. */
COLD int still_waits(const struct found_wait *found, void *frame)
{
    while (frame != NULL && frame != found->frame) {
        frame = frame_previous(frame);
    }
    return frame != NULL && frame_code(frame) == found->code &&
           (found->instr == 0 || found->instr == frame_instr(frame));
}

/* A thread has come to a hook. It is not in an acquire any more, unless a signal handler or
 * a compound primitive that waits has called the hook. */
static void actor_came(struct actor *actor)
{
    void *frame = thread_frame(PyThreadState_Get());
    for (struct found_wait **at = &found_waits; *at != NULL;) {
        struct found_wait *found = *at;
        int here = frame == found->frame && found->instr != 0;
        if (found->wait.actor == actor && (here || !still_waits(found, frame))) {
            found_wait_end(at, 1);
        } else {
            at = &found->next;
        }
    }
}

/* Before a release of what nobody is known to hold: whether the wait for it has just ended. */
static int found_holds(const struct entry *entry, struct actor *actor)
{
    if (found_waiting > 0) {
        actor_came(actor);
    }
    return entry->holds != NULL;
}

/* `frames` is `sys._current_frames()`. */
COLD void look_at_found(PyObject *frames)
{
    for (struct found_wait **at = &found_waits; *at != NULL;) {
        struct found_wait *found = *at;
        PyObject *ident = PyLong_FromUnsignedLong(found->wait.actor->ident);
        PyObject *object = ident != NULL ? PyDict_GetItemWithError(frames, ident) : NULL;
        Py_XDECREF(ident);
        PyErr_Clear();
        void *frame = object != NULL ? object_frame(object) : NULL;
        if (still_waits(found, frame) && (found->instr == 0 || frame == found->frame)) {
            at = &found->next;
        } else {
            found_wait_end(at, 1);
        }
    }
}

static void found_entry_gone(const struct entry *entry)
{
    for (struct found_wait *found = found_waits; found != NULL; found = found->next) {
        if (found->wait.entry == entry) {
            found->wait.entry = NULL;
        }
    }
}

COLD void found_forget(void)
{
    while (found_waits != NULL) {
        found_wait_end(&found_waits, 0);
    }
}

#endif
