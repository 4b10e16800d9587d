/* The life of an entry, and what observers are told of it: new, listed, gone. */
#ifndef LOCKTRACE_LIFETIMES_H
#define LOCKTRACE_LIFETIMES_H

#include "holds.h"

static uint32_t fresh_entries;
static uint32_t found_waiting; /* waits that were there when we came: see `found.h` */

static void found_entry_gone(const struct entry *entry);

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

/* Returns whether there were any. */
static int entry_drop_holds(struct entry *entry)
{
    const int held = entry->holds != NULL;
    while (entry->holds != NULL) {
        struct hold *hold = entry->holds;
        entry->holds = hold->next;
        hold_free(hold);
    }
    entry->hold_count = entry->unlisted = entry->surplus = 0;
    return held;
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

/* Nobody listens any more. */
COLD void stop_telling(void)
{
    rings_close();
    stillborn_count = 0; /* of their end nobody would be told */
}

/* The lock is gone. Takes over `entry`, which is in no table. */
static void entry_free(struct entry *entry)
{
    if (entry == &hidden_entry) {
        return;
    }
    const int held = entry_drop_holds(entry); /* which ends with the lock, whoever it was told of */
    if (found_waiting > 0) {
        found_entry_gone(entry);
    }
    if (listening() && (!entry->fresh || entry_remember(entry) || entry->pictured || held)) {
        tell(EVENT_DESTROYED, 0, clock_ns(), 0, entry, NULL, NULL, 0);
    }
    fresh_entries -= entry->fresh;
    free(entry->semaphore);
    durations_free(&entry->times);
    entry_release_memory(entry);
}

#endif
