/* The ring of events for observers: 48-byte records as `locktrace.wire.events` has them. */
#ifndef LOCKTRACE_EVENTS_H
#define LOCKTRACE_EVENTS_H

#include "entries.h"

enum { EVENT_WAITING = 1, EVENT_WAITED, EVENT_ACQUIRED, EVENT_RELEASED, EVENT_DESTROYED };
enum { RING_SIZE = 65536 };

struct event {
    uint64_t seq, time_ns, ref;
    uint32_t lock, actor, stack, label;
    uint8_t op, flags, padding[6];
};

_Static_assert(sizeof(struct event) == 48, "the wire has 48 bytes an event");

static struct {
    struct event *records; /* there while somebody listens */
    uint64_t head, tail;   /* counts of events written and taken; overwritten ones count as lost */
    uint64_t lost;
    uint64_t seq;
} ring;

HOT int listening(void) { return ring.records != NULL; }

COLD void ring_put(struct event event)
{
    if (ring.head - ring.tail == RING_SIZE) {
        ring.tail++;
        ring.lost++;
    }
    event.seq = ++ring.seq;
    ring.records[ring.head++ % RING_SIZE] = event;
}

COLD int ring_open(void)
{
    if (ring.records == NULL) {
        ring.records = pages_new(RING_SIZE * sizeof *ring.records);
        ring.head = ring.tail = ring.lost = 0;
    }
    return ring.records != NULL ? 0 : -1;
}

COLD void ring_close(void)
{
    if (ring.records != NULL) {
        munmap(ring.records, RING_SIZE * sizeof *ring.records);
        ring.records = NULL;
    }
}

#endif
