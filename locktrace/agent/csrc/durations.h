/* How long holds or waits have lasted: counts by powers of two, as `locktrace.durations` reads them.
 *
 * Most locks are never held for 2 us, so what is shorter is counted in the entry, and the rest
 * gets its memory when it first comes.
 */
#ifndef LOCKTRACE_DURATIONS_H
#define LOCKTRACE_DURATIONS_H

#include "compat.h"

enum { SHORT_BITS = 11, LONG_BUCKETS = 20 };

/* `counts[i]`: of at least 2 << (SHORT_BITS - 1 + i) ns and, but for the last, less than twice that. */
struct durations {
    uint64_t longest;
    uint32_t counts[LONG_BUCKETS];
};

HOT int is_short(uint64_t ns) { return ns >> SHORT_BITS == 0; }

/* One of `ns`, which is not short or counts as the shortest that is not; without memory it is not
 * counted. */
COLD void durations_count(struct durations **at, uint64_t ns)
{
    if (*at == NULL && (*at = calloc(1, sizeof **at)) == NULL) {
        return;
    }
    int bucket = is_short(ns) ? 0 : 63 - __builtin_clzll(ns) - SHORT_BITS;
    bucket = bucket < LONG_BUCKETS ? bucket : LONG_BUCKETS - 1;
    (*at)->counts[bucket] += (*at)->counts[bucket] != UINT32_MAX;
    if (ns > (*at)->longest) {
        (*at)->longest = ns;
    }
}

#endif
