/* Who holds what: the Recorder contract on C structures.
 *
 * In step with `python_core`, which says the same in Python. No function here runs foreign
 * code or lets go of the GIL; none touches a pending exception.
 */
#ifndef LOCKTRACE_HOLDS_H
#define LOCKTRACE_HOLDS_H

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
        durations_count(&entry->times, HOLDS, lasted);
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

#endif
