/* `_multiprocessing.SemLock`: a semaphore of the operating system that processes share.
 *
 * We see what our own process does with it. A permit that we took may be given back by another
 * process, so a hold of ours counts for as long as the semaphore's value allows it: never are
 * more permits held here than are taken in all. That the value can tell, without a system call.
 * Where we do not know how many permits there were at first, none are listed as held.
 */
#ifndef LOCKTRACE_SEMAPHORES_H
#define LOCKTRACE_SEMAPHORES_H

#include "waits.h"
#include <limits.h>
#include <semaphore.h>
#include <structmember.h>

enum form { MUTEX, RECURSIVE, COUNTING };
enum { PERMITS_UNKNOWN = -1, RECURSIVE_MUTEX_KIND = 0 };

/* What an entry of a SemLock has besides; one block of memory. */
struct semaphore {
    sem_t *handle; /* the SemLock's own; it outlives the entry */
    int permits;   /* at first, or PERMITS_UNKNOWN */
    enum form form;
    char name[]; /* of the operating system, by which processes find it; "" when not known */
};

/* Member offsets of SemLock objects, as the type's own descriptors have them. */
static struct {
    Py_ssize_t handle, kind, maxvalue, name;
} semlock_members;

/* Index into `kinds` of each SemLock kind. */
static struct {
    uint8_t lock, rlock, bounded, semaphore;
} semlock_kinds;

COLD uint8_t semlock_kind(PyObject *lock)
{
    if (AT(int, lock, semlock_members.kind) == RECURSIVE_MUTEX_KIND) {
        return semlock_kinds.rlock;
    }
    switch (AT(int, lock, semlock_members.maxvalue)) {
    case 1: return semlock_kinds.lock;
    case INT_MAX: return semlock_kinds.semaphore;
    default: return semlock_kinds.bounded;
    }
}

/* NULL when there is no memory. `name` NULL: as the lock has it. */
COLD struct semaphore *semaphore_new(PyObject *lock, int permits, const char *name)
{
    if (name == NULL) {
        name = AT(const char *, lock, semlock_members.name);
    }
    size_t length = name != NULL ? strlen(name) : 0;
    struct semaphore *semaphore = calloc(1, sizeof *semaphore + length + 1);
    if (semaphore == NULL) {
        return NULL;
    }
    memcpy(semaphore->name, name != NULL ? name : "", length);
    int most = AT(int, lock, semlock_members.maxvalue);
    semaphore->handle = AT(sem_t *, lock, semlock_members.handle);
    semaphore->permits = permits == PERMITS_UNKNOWN && most != INT_MAX ? most : permits;
    semaphore->form = AT(int, lock, semlock_members.kind) == RECURSIVE_MUTEX_KIND ? RECURSIVE
                      : most == 1                                                 ? MUTEX
                                                                                  : COUNTING;
    return semaphore;
}

/* Of our holds at most the newest `count` can still be ours: others have ended the rest. */
COLD void semaphore_keep(struct entry *entry, uint32_t count)
{
    struct hold **at = &entry->holds;
    for (; count > 0 && *at != NULL; count--) {
        at = &(*at)->next;
    }
    while (*at != NULL) {
        struct hold *hold = take_out(entry, at);
        entry->foreign_releases++;
        tell(EVENT_RELEASED, hold->shared, clock_ns(), hold->id, entry, hold->actor, NULL, 0);
        hold_free(hold);
    }
    entry->unlisted = 0;
}

/* Whether anybody, in whichever process, has a permit; 0 where that cannot be known. */
COLD int semaphore_is_taken(const struct semaphore *semaphore)
{
    int value;
    return semaphore->permits != PERMITS_UNKNOWN &&
           sem_getvalue(semaphore->handle, &value) == 0 && value < semaphore->permits;
}

/* Drop the holds that another process must have released. */
COLD void semaphore_reconcile(struct entry *entry)
{
    const struct semaphore *semaphore = entry->semaphore;
    int value;
    if (semaphore->permits == PERMITS_UNKNOWN || sem_getvalue(semaphore->handle, &value) != 0) {
        return;
    }
    uint32_t taken = value < semaphore->permits ? (uint32_t)(semaphore->permits - value) : 0;
    if (entry->hold_count + entry->unlisted > taken) {
        semaphore_keep(entry, taken);
    }
}

/* As `entry_acquired`, for a SemLock. */
COLD void semaphore_acquired(struct entry *entry, struct actor *actor, void *frame)
{
    switch (entry->semaphore->form) {
    case MUTEX:
        if (entry->holds != NULL) {
            semaphore_keep(entry, 0); /* only one can have it */
        }
        entry_acquired(entry, actor, 0, frame);
        return;
    case RECURSIVE: entry_acquired_again(entry, actor, frame, 1); return;
    default:
        if (entry->semaphore->permits == PERMITS_UNKNOWN) {
            entry->acquisitions++;
            return;
        }
        entry_acquired(entry, actor, 1, frame);
        semaphore_reconcile(entry);
    }
}

/* As `entry_released`, for a SemLock. What others hold is none of our holds; a Lock that we have
 * known from its first day on and do not hold was another process's, which has handed it over. */
COLD struct hold *semaphore_released(struct entry *entry, struct actor *actor)
{
    if (entry->holds == NULL && entry->unlisted == 0 && !found_holds(entry, actor)) {
        entry->foreign_releases += entry->semaphore->form == MUTEX && entry->stack != NULL;
        return NULL;
    }
    return entry->semaphore->form == RECURSIVE
               ? entry_released_again(entry, actor, 1)
               : entry_released(entry, actor, entry->semaphore->form == COUNTING);
}

/* In a forked child: what the parent held, and has done, is the parent's still; totals of the
 * processes that share a lock can be added up. */
COLD void semaphores_forked(void)
{
    FOR_EACH_ENTRY(entry)
    {
        if (entry->semaphore != NULL) {
            entry_drop_holds(entry);
            durations_free(&entry->times);
            entry->acquisitions = entry->wait_ns = entry->hold_ns = entry->short_holds = 0;
            entry->contended = entry->foreign_releases = 0;
        }
    }
}

#endif
