/* CLOCK_MONOTONIC in nanoseconds, for 10 ns instead of 26.
 *
 * Where the kernel itself trusts the time stamp counter, we read the counter and go by a rate
 * measured against the clock, setting it right every few milliseconds; elsewhere we ask the
 * clock each time. Never goes backwards. Guarded by the GIL.
 */
#ifndef LOCKTRACE_CLOCK_H
#define LOCKTRACE_CLOCK_H

#include "compat.h"
#include <stdio.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { RATE_BITS = 32, LEARNING_NS = 2000000, RESYNC_NS = 20000000, ASTRAY_NS = 10000000 };

/* The cache line that every acquire writes. Where threads contend another core has written it last,
 * and each such line costs as much as all the rest: so this is the only one of the globals. */
static struct {
    uint64_t base_ticks, base_ns; /* one reading of both */
    uint64_t rate;                /* nanoseconds per tick, RATE_BITS of fraction; 0: not known */
    uint64_t horizon;             /* ticks after which the base is taken anew */
    uint64_t last_ns;
    uint64_t last_ref; /* of holds and waits: what has a beginning has a number */
    uint64_t first_ticks, first_ns;
} clock_state __attribute__((aligned(LINE_BYTES)));

static int clock_counts; /* the counter may be used */

HOT uint64_t clock_system(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#if defined(__x86_64__)
HOT uint64_t clock_ticks(void) { return __rdtsc(); }
#else
HOT uint64_t clock_ticks(void) { return 0; }
#endif

/* Whether the counter has not gone as the clock has: a machine that was suspended goes on with its
 * clock where that stood, and with a counter that has run on, or begun anew. */
COLD int clock_is_astray(uint64_t ticks, uint64_t now)
{
    uint64_t went_ns = now - clock_state.base_ns;
    __uint128_t ran_ns =
        ((__uint128_t)(ticks - clock_state.base_ticks) * clock_state.rate) >> RATE_BITS;
    return clock_state.rate != 0 && (ran_ns > went_ns + ASTRAY_NS || ran_ns + ASTRAY_NS < went_ns);
}

COLD uint64_t clock_resync(uint64_t ticks)
{
    uint64_t now = clock_system();
    if (clock_is_astray(ticks, now)) { /* what was learnt is of no use: from here on anew */
        clock_state.rate = clock_state.horizon = 0;
        clock_state.first_ticks = ticks;
        clock_state.first_ns = now;
    }
    uint64_t span_ns = now - clock_state.first_ns, span = ticks - clock_state.first_ticks;
    if (clock_counts && span_ns >= LEARNING_NS && span != 0) {
        clock_state.rate = (uint64_t)(((__uint128_t)span_ns << RATE_BITS) / span);
        clock_state.horizon =
            (uint64_t)(((__uint128_t)RESYNC_NS << RATE_BITS) / (clock_state.rate | 1));
    }
    clock_state.base_ticks = ticks;
    clock_state.base_ns = now;
    if (now < clock_state.last_ns) {
        now = clock_state.last_ns;
    }
    clock_state.last_ns = now;
    return now;
}

HOT uint64_t clock_ns(void)
{
    uint64_t ticks = clock_ticks();
    uint64_t since = ticks - clock_state.base_ticks;
    if (__builtin_expect(since >= clock_state.horizon, 0)) {
        return clock_resync(ticks);
    }
    uint64_t now =
        clock_state.base_ns + (uint64_t)(((__uint128_t)since * clock_state.rate) >> RATE_BITS);
    if (now < clock_state.last_ns) {
        now = clock_state.last_ns;
    }
    clock_state.last_ns = now;
    return now;
}

HOT uint64_t next_ref(void) { return ++clock_state.last_ref; }

COLD void clock_start(void)
{
    char source[16] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
    if (file != NULL) {
        clock_counts = fgets(source, sizeof source, file) != NULL &&
                              strncmp(source, "tsc", 3) == 0 && clock_ticks() != 0;
        fclose(file);
    }
    clock_state.first_ticks = clock_state.base_ticks = clock_ticks();
    clock_state.first_ns = clock_state.base_ns = clock_system();
}

#endif
