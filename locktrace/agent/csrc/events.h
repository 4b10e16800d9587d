/* The ring of events for observers: 48-byte records as `locktrace.wire.events` has them. */
#ifndef LOCKTRACE_EVENTS_H
#define LOCKTRACE_EVENTS_H

#include "entries.h"

enum { EVENT_WAITING = 1, EVENT_WAITED, EVENT_ACQUIRED, EVENT_RELEASED, EVENT_DESTROYED };
enum { RING_SIZE = 32768 };

struct event {
    uint64_t seq, time_ns, ref;
    uint32_t lock, actor, stack, label;
    uint8_t op, flags, padding[6];
};

_Static_assert(sizeof(struct event) == 48, "the wire has 48 bytes an event");

struct ring {
    struct event *records; /* there while somebody listens */
    uint64_t head, tail;   /* counts of events written and taken */
    uint64_t lost;         /* overwritten before they were taken */
};

/* Deaths have a ring of their own, so that a flood of acquires does not push them out: after a
 * loss, observers get holds and waits anew, but nothing else tells them that a lock is gone. */
static struct ring events, deaths;
static uint64_t last_seq;

HOT int listening(void) { return events.records != NULL; }

COLD void ring_put(struct ring *ring, struct event event)
{
    if (ring->head - ring->tail == RING_SIZE) {
        ring->tail++;
        ring->lost++;
    }
    event.seq = ++last_seq;
    ring->records[ring->head++ % RING_SIZE] = event;
}

COLD void rings_close(void)
{
    struct ring *rings[] = {&events, &deaths};
    for (int i = 0; i < 2; i++) {
        if (rings[i]->records != NULL) {
            munmap(rings[i]->records, RING_SIZE * sizeof *rings[i]->records);
        }
        *rings[i] = (struct ring){0};
    }
}

/* -1 when there is no memory. */
COLD int rings_open(void)
{
    if (listening()) {
        return 0;
    }
    events.records = pages_new(RING_SIZE * sizeof *events.records);
    deaths.records = pages_new(RING_SIZE * sizeof *deaths.records);
    if (events.records == NULL || deaths.records == NULL) {
        rings_close();
        return -1;
    }
    return 0;
}

/* Moves what `ring` holds, `room` records at most, to `to`; returns how many. */
COLD size_t ring_take(struct ring *ring, struct event *to, size_t room)
{
    size_t count = 0;
    for (; ring->tail != ring->head && count < room; ring->tail++) {
        to[count++] = ring->records[ring->tail % RING_SIZE];
    }
    return count;
}

#endif
