/* Who waits for what. A wait is a record in memory of its own, or in an object of ours: on the C stack
 * it would be switched out with the greenlet that waits, even where only a signal handler switches. */
#ifndef LOCKTRACE_WAITS_H
#define LOCKTRACE_WAITS_H

#include "lifetimes.h"

struct wait {
    struct wait *next;
    struct entry *entry; /* NULL: tracing ended meanwhile */
    struct actor *actor;
    struct stack *stack;
    void *frame;
    const void *blocks_on; /* address of the lock object that it blocks in; NULL: not known */
    uint64_t id, since;
    PyObject *label;
    uint32_t label_id;
    uint8_t shared, timed, found;
};

/* The calling thread is about to block. `wait` stays where it is until `wait_end`. */
COLD void wait_begin(struct wait *wait, struct entry *entry, struct actor *actor, int shared,
                     int timed, void *frame)
{
    entry_list(entry);
    entry->contended += entry->contended != UINT32_MAX;
    entry->waiters++;
    wait->entry = entry;
    wait->actor = actor;
    wait->stack = stack_from(frame, &wait->frame);
    wait->id = next_ref();
    wait->label = actor->label;
    Py_XINCREF(wait->label);
    wait->label_id = actor->label_id;
    wait->blocks_on = entry->lock;
    wait->shared = (uint8_t)shared;
    wait->timed = (uint8_t)timed;
    wait->found = 0;
    wait->since = clock_ns();
    wait->next = actor->waits;
    actor->waits = wait;
    actor->waiting++;
    actor->named++;
    tell(EVENT_WAITING, (uint8_t)((shared ? FLAG_SHARED : 0) | (timed ? FLAG_TIMED : 0)),
         wait->since, wait->id, entry, actor, wait->stack, wait->label_id);
}

/* That wait is over, with the lock or without; returns the time. */
COLD uint64_t wait_end(struct wait *wait)
{
    uint64_t now = clock_ns();
    struct wait **at = &wait->actor->waits;
    while (*at != NULL && *at != wait) {
        at = &(*at)->next;
    }
    struct entry *entry = NULL;
    if (*at != NULL) { /* else a fork has ended it before: see `waits_forked` */
        *at = wait->next;
        entry = wait->entry;
    }
    if (entry != NULL) {
        uint64_t lasted = now - wait->since;
        entry->wait_ns += lasted;
        durations_count(&entry->times, WAITS, lasted);
        entry->waiters--;
        tell(EVENT_WAITED, wait->shared, now, wait->id, entry, wait->actor, NULL, 0);
    }
    wait->actor->waiting--;
    wait->actor->named--;
    Py_XDECREF(wait->label);
    return now;
}

/* Memory for a wait of `actor`'s, or NULL. */
HOT struct wait *wait_new(struct actor *actor)
{
    struct wait *wait = actor->spare_wait;
    if (wait == NULL) {
        return malloc(sizeof *wait);
    }
    UNPOISON(wait, sizeof *wait);
    actor->spare_wait = NULL;
    return wait;
}

/* Takes over `wait`, which is over. */
HOT void wait_free(struct wait *wait)
{
    struct actor *actor = wait->actor;
    if (actor->spare_wait == NULL) {
        actor->spare_wait = wait;
        POISON(wait, sizeof *wait);
    } else {
        free(wait);
    }
}

static void free_spare_wait(struct actor *actor)
{
    if (actor->spare_wait != NULL) {
        free(wait_new(actor));
    }
}

/* That wait begins; NULL for no entry, or when there is no memory. */
HOT struct wait *wait_open(struct entry *entry, struct actor *actor, int shared, int timed, void *frame)
{
    struct wait *wait = entry != NULL ? wait_new(actor) : NULL;
    if (wait != NULL) {
        wait_begin(wait, entry, actor, shared, timed, frame);
    }
    return wait;
}

HOT void wait_close(struct wait *wait)
{
    if (wait != NULL) {
        wait_end(wait);
        wait_free(wait);
    }
}

/* In a forked child: nobody acts but `survivor`. The records of the other threads' waits lie on
 * stacks that are gone; those of tasks are objects, which may end them still. */
COLD void waits_forked(const struct actor *survivor)
{
    FOR_EACH_ENTRY(entry) { entry->waiters = 0; }
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        if (actor == survivor) {
            for (struct wait *wait = actor->waits; wait != NULL; wait = wait->next) {
                if (wait->entry != NULL) {
                    wait->entry->waiters++;
                }
            }
        } else {
            atomic_store(&actor->ended, 1);
            actor->waits = NULL;
        }
    }
}

#endif
