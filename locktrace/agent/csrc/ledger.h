/* Who holds what and who waits for what: the Recorder contract on C structures.
 *
 * In step with `python_core`, which says the same in Python. No function here runs foreign
 * code or lets go of the GIL; none touches a pending exception.
 */
#ifndef LOCKTRACE_LEDGER_H
#define LOCKTRACE_LEDGER_H

#include "actors.h"
#include "clock.h"
#include "events.h"

enum { MAX_LISTED_HOLDS = 4096, MAX_SPARE_HOLDS = 16 };
enum { FLAG_SHARED = 1, FLAG_TIMED = 2, FLAG_FOUND = 4, FLAG_LIKELY = 8, FLAG_TRY = 16 };

struct hold {
    struct hold *next; /* older, or the next spare one */
    struct actor *actor;
    struct stack *stack;
    void *frame; /* address of the interpreter frame answerable for the release; NULL: none is */
    uint64_t id, since;
    PyObject *label; /* owned, tuple (id, text); NULL: none */
    int32_t depth;
    uint8_t shared;
    uint8_t returned;
    uint8_t found; /* FLAG_FOUND, FLAG_LIKELY: it was there when we came */
};

_Static_assert(sizeof(struct hold) == LINE_BYTES, "an acquire writes one line of a hold");

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

static uint32_t fresh_entries;
static uint8_t counting_kind; /* of `threading`'s semaphores */
static uint32_t found_waiting; /* waits that were there when we came: see `found.h` */

static void found_entry_gone(const struct entry *entry);
static int found_holds(const struct entry *entry, struct actor *actor);
static void found_drop_likely(struct entry *entry);

/* Each actor keeps its own: what another core has used last would have to come from there. */
HOT struct hold *hold_new(struct actor *actor)
{
    struct hold *hold = actor->spare_holds;
    if (__builtin_expect(hold == NULL, 0)) {
        return line_alloc(sizeof *hold);
    }
    UNPOISON(hold, sizeof *hold);
    actor->spare_holds = hold->next;
    actor->spare_hold_count--;
    return hold;
}

/* Takes over `hold`, which is in no list. */
HOT void hold_free(struct hold *hold)
{
    if (__builtin_expect(hold->label != NULL, 0)) {
        Py_DECREF(hold->label); /* a plain tuple of int and str: no foreign code */
    }
    struct actor *actor = hold->actor;
    actor->named--;
    if (actor->spare_hold_count >= MAX_SPARE_HOLDS) {
        free(hold);
        return;
    }
    hold->next = actor->spare_holds;
    POISON(&hold->actor, sizeof *hold - offsetof(struct hold, actor));
    actor->spare_holds = hold;
    actor->spare_hold_count++;
}

static void free_spare_holds(struct actor *actor)
{
    while (actor->spare_holds != NULL) {
        free(hold_new(actor));
    }
}

HOT void tell(uint8_t op, uint8_t flags, uint64_t now, uint64_t ref, const struct entry *entry,
              const struct actor *actor, const struct stack *stack, uint32_t label)
{
    if (__builtin_expect(listening(), 0) && entry->listed) {
        ring_put(op == EVENT_DESTROYED ? &deaths : &events, (struct event){.time_ns = now,
                                .ref = ref,
                                .lock = entry->id,
                                .actor = actor != NULL ? actor->id : 0,
                                .stack = stack != NULL ? stack->id : 0,
                                .label = label,
                                .op = op,
                                .flags = flags});
    }
}

/* The id of a label, 0 of none. */
COLD uint32_t label_number(PyObject *label)
{
    return label != NULL ? (uint32_t)PyLong_AsUnsignedLong(PyTuple_GetItem(label, 0)) : 0;
}

/* A hold again, for those who have not heard of it. */
COLD void tell_hold(const struct entry *entry, const struct hold *hold)
{
    tell(EVENT_ACQUIRED, hold->shared | hold->found, hold->since, hold->id, entry, hold->actor,
         hold->stack, label_number(hold->label));
}

/* -- entries */

/* A listed lock is one that observers are told of, its holds so far included. */
COLD void entry_list(struct entry *entry)
{
    if (entry->listed) {
        return;
    }
    entry->listed = entry->fresh = 1;
    fresh_entries++;
    for (struct hold *hold = entry->holds; hold != NULL; hold = hold->next) {
        tell_hold(entry, hold);
    }
}

/* NULL when there is no memory. `stack` NULL: made before tracing. */
static struct entry *entry_new(uint8_t kind, struct stack *stack, uint32_t parent)
{
    struct entry *entry = entry_allocate();
    if (entry != NULL) {
        entry->id = next_id();
        entry->kind = kind;
        entry->stack = stack;
        entry->parent = parent;
    }
    return entry;
}

static void entry_drop_holds(struct entry *entry)
{
    while (entry->holds != NULL) {
        struct hold *hold = entry->holds;
        entry->holds = hold->next;
        hold_free(hold);
    }
    entry->hold_count = entry->unlisted = entry->surplus = 0;
}

/* Of a lock that was used and is gone before it was told of, what its events need to be
 * understood. A few of each batch: who makes thousands makes the same ones again and again. */
struct stillborn {
    struct stack *stack;
    uint32_t id, parent;
    uint8_t kind;
};

enum { MAX_STILLBORN = 64 };

static struct stillborn stillborn[MAX_STILLBORN];
static int stillborn_count;

/* Whether observers will have heard of a lock that has not been told of yet. */
COLD int entry_remember(const struct entry *entry)
{
    if (entry->acquisitions == 0 || stillborn_count == MAX_STILLBORN) {
        return 0;
    }
    stillborn[stillborn_count++] = (struct stillborn){.stack = entry->stack,
                                                      .id = entry->id,
                                                      .parent = entry->parent,
                                                      .kind = entry->kind};
    return 1;
}

/* The lock is gone. Takes over `entry`, which is in no table. */
static void entry_free(struct entry *entry)
{
    if (entry == &hidden_entry) {
        return;
    }
    entry_drop_holds(entry);
    if (found_waiting > 0) {
        found_entry_gone(entry);
    }
    if (listening() && (!entry->fresh || entry_remember(entry))) {
        tell(EVENT_DESTROYED, 0, clock_ns(), 0, entry, NULL, NULL, 0);
    }
    fresh_entries -= entry->fresh;
    free(entry->semaphore);
    free(entry->hold_times);
    free(entry->wait_times);
    entry_release_memory(entry);
}

/* -- holds */

/* The calling thread now holds the lock, by an acquire from `stack`, of which the interpreter frame
 * `answerable` must answer for the release; since `since`, 0: now. */
HOT struct hold *hold_begin(struct entry *entry, struct actor *actor, int shared,
                            struct stack *stack, void *answerable, uint64_t since)
{
    entry->acquisitions++;
    if (__builtin_expect(entry->hold_count >= MAX_LISTED_HOLDS, 0)) {
        entry->unlisted++;
        return NULL;
    }
    struct hold *hold = hold_new(actor);
    if (__builtin_expect(hold == NULL, 0)) {
        entry->unlisted++;
        return NULL;
    }
    hold->actor = actor;
    hold->stack = stack;
    hold->frame = answerable;
    hold->id = next_ref();
    hold->label = actor->label;
    hold->depth = 1;
    hold->shared = (uint8_t)shared;
    hold->returned = 0;
    hold->found = 0;
    hold->next = entry->holds;
    entry->holds = hold;
    entry->hold_count++;
    actor->named++;
    if (__builtin_expect(hold->label != NULL, 0)) {
        Py_INCREF(hold->label);
    }
    hold->since = since != 0 ? since : clock_ns();
    tell(EVENT_ACQUIRED, (uint8_t)(shared | actor->manner), hold->since, hold->id, entry, actor,
         stack, actor->label_id);
    actor->manner = 0;
    return hold;
}

/* The calling thread now holds the lock. `frame` is the caller's. */
HOT struct hold *entry_acquired(struct entry *entry, struct actor *actor, int shared, void *frame)
{
    if (__builtin_expect(shared && entry->surplus > 0, 0)) {
        entry->surplus--;
        entry->acquisitions++;
        return NULL;
    }
    void *answerable;
    struct stack *stack = stack_from(frame, &answerable);
    return hold_begin(entry, actor, shared, stack, answerable, 0);
}

COLD struct hold *take_out(struct entry *entry, struct hold **at)
{
    struct hold *hold = *at;
    *at = hold->next;
    entry->hold_count--;
    return hold;
}

/* The hold that a release by `actor` ends when it is not the newest: its own latest, else one
 * of those we could not list, else the oldest of all. */
COLD struct hold *own_or_oldest(struct entry *entry, struct actor *actor, int shared)
{
    struct hold **oldest = NULL;
    for (struct hold **at = &entry->holds; *at != NULL; at = &(*at)->next) {
        if ((*at)->shared == shared) {
            if ((*at)->actor == actor) {
                return take_out(entry, at);
            }
            oldest = at;
        }
    }
    if (entry->unlisted > 0) {
        entry->unlisted--;
        return NULL;
    }
    if (oldest == NULL) {
        return NULL;
    }
    entry->foreign_releases += !((*oldest)->found & FLAG_LIKELY);
    return take_out(entry, oldest);
}

/* The calling thread is about to release; the hold that ends, which the caller owns, or NULL. */
HOT struct hold *entry_released(struct entry *entry, struct actor *actor, int shared)
{
    struct hold *hold = entry->holds;
    if (__builtin_expect(hold != NULL && hold->actor == actor && hold->shared == shared, 1)) {
        entry->holds = hold->next;
        entry->hold_count--;
    } else if (hold == NULL && !found_holds(entry, actor)) {
        if (entry->unlisted > 0) {
            entry->unlisted--;
        } else {
            entry->surplus += shared != 0;
        }
        return NULL;
    } else {
        hold = own_or_oldest(entry, actor, shared);
        if (hold == NULL) {
            return NULL;
        }
    }
    if (__builtin_expect(!shared && entry->holds != NULL, 0)) {
        found_drop_likely(entry);
    }
    uint64_t now = clock_ns();
    uint64_t lasted = now - hold->since;
    entry->hold_ns += lasted;
    if (__builtin_expect(is_short(lasted), 1)) {
        entry->short_holds++;
    } else {
        durations_count(&entry->hold_times, lasted);
    }
    if (__builtin_expect(hold->returned, 0)) { /* or every thread would write to the stack */
        hold->stack->late_releases++;
    }
    tell(EVENT_RELEASED, (uint8_t)shared, now, hold->id, entry, actor, NULL, 0);
    return hold;
}

/* The release that `hold` was given up for has failed. Takes over `hold`. */
COLD void entry_restore(struct entry *entry, struct hold *hold)
{
    if (hold->depth < 1) {
        hold->depth = 1;
    }
    hold->next = entry->holds;
    entry->holds = hold;
    entry->hold_count++;
    tell_hold(entry, hold);
}

/* As `entry_restore`, where a permit may have been given that nobody had taken. */
COLD void entry_take_back(struct entry *entry, struct hold *hold)
{
    if (hold != NULL) {
        entry_restore(entry, hold);
    } else {
        entry->surplus -= entry->surplus > 0;
    }
}

/* As `entry_acquired` for a lock that its holder may take again, `depth` levels at once. */
HOT void entry_acquired_again(struct entry *entry, struct actor *actor, void *frame, int depth)
{
    struct hold *hold = entry->holds;
    if (hold != NULL && hold->actor == actor) {
        hold->depth += depth;
        entry->acquisitions++;
        actor->manner = 0;
        return;
    }
    hold = entry_acquired(entry, actor, 0, frame);
    if (hold != NULL) {
        hold->depth = depth;
    }
}

/* As `entry_released`; NULL while levels remain. */
HOT struct hold *entry_released_again(struct entry *entry, struct actor *actor, int depth)
{
    struct hold *hold = entry->holds;
    if (hold == NULL && found_holds(entry, actor)) {
        hold = entry->holds;
    }
    if (hold == NULL || hold->actor != actor) {
        return NULL;
    }
    hold->depth -= depth;
    return hold->depth <= 0 ? entry_released(entry, actor, 0) : NULL;
}

/* -- waits */

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
        durations_count(&entry->wait_times, lasted);
        entry->waiters--;
        tell(EVENT_WAITED, wait->shared, now, wait->id, entry, wait->actor, NULL, 0);
    }
    wait->actor->waiting--;
    wait->actor->named--;
    Py_XDECREF(wait->label);
    return now;
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
