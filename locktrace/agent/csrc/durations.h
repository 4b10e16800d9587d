/* How long a lock's holds and waits have lasted: counts by powers of two, as `locktrace.durations`
 * reads them.
 *
 * Most locks are never held for 2 us, so what is shorter is counted in the entry, and the rest gets its
 * memory when it first comes: one block with narrow counts, which keeps a lock below 256 bytes, and
 * one with wide counts for the few locks that need them.
 */
#ifndef LOCKTRACE_DURATIONS_H
#define LOCKTRACE_DURATIONS_H

#include "compat.h"

enum { SHORT_BITS = 11, LONG_BUCKETS = 20 };
enum lasting { HOLDS, WAITS, LASTING };

/* `counts[i]`: of at least 2 << (SHORT_BITS - 1 + i) ns and, but for the last, less than twice that.
 * `longest`: ns, to seven digits. Both kinds of block begin alike. */
struct narrow_durations {
    float longest[LASTING];
    uint16_t counts[LASTING][LONG_BUCKETS];
};

struct wide_durations {
    float longest[LASTING];
    uint32_t counts[LASTING][LONG_BUCKETS];
};

struct durations {
    uintptr_t block; /* owned; 0: there is none; an odd address: the block behind it is wide */
};

HOT int is_short(uint64_t ns) { return ns >> SHORT_BITS == 0; }

HOT int is_wide(struct durations durations) { return durations.block & 1; }

HOT struct narrow_durations *narrow(struct durations durations)
{
    return (struct narrow_durations *)(durations.block & ~(uintptr_t)1);
}

HOT struct wide_durations *wide(struct durations durations)
{
    return (struct wide_durations *)(durations.block & ~(uintptr_t)1);
}

COLD void durations_free(struct durations *durations)
{
    free(narrow(*durations));
    durations->block = 0;
}

/* Whether there are wide counts now. */
COLD int durations_widen(struct durations *durations)
{
    const struct narrow_durations *before = narrow(*durations);
    struct wide_durations *after = malloc(sizeof *after);
    if (after == NULL) {
        return 0;
    }
    memcpy(after->longest, before->longest, sizeof after->longest);
    for (int what = HOLDS; what < LASTING; what++) {
        for (int i = 0; i < LONG_BUCKETS; i++) {
            after->counts[what][i] = before->counts[what][i];
        }
    }
    durations_free(durations);
    durations->block = (uintptr_t)after | 1;
    return 1;
}

/* One more that has lasted for `ns`, which is not short or counts as the shortest that is not. Without
 * memory it is not counted. */
COLD void durations_count(struct durations *durations, enum lasting what, uint64_t ns)
{
    if (durations->block == 0 &&
        (durations->block = (uintptr_t)calloc(1, sizeof(struct narrow_durations))) == 0) {
        return;
    }
    int i = is_short(ns) ? 0 : 63 - __builtin_clzll(ns) - SHORT_BITS;
    i = i < LONG_BUCKETS ? i : LONG_BUCKETS - 1;
    if (!is_wide(*durations) && narrow(*durations)->counts[what][i] == UINT16_MAX &&
        !durations_widen(durations)) {
        return;
    }
    if (!is_wide(*durations)) {
        narrow(*durations)->counts[what][i]++;
    } else if (wide(*durations)->counts[what][i] != UINT32_MAX) {
        wide(*durations)->counts[what][i]++;
    }
    float *longest = &narrow(*durations)->longest[what];
    *longest = (float)ns > *longest ? (float)ns : *longest;
}

/* A copy with wide counts; NULL of none, or when there is no memory. */
COLD struct wide_durations *durations_copy(struct durations durations)
{
    struct wide_durations *copy = durations.block != 0 ? malloc(sizeof *copy) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy->longest, narrow(durations)->longest, sizeof copy->longest);
    for (int what = HOLDS; what < LASTING; what++) {
        for (int i = 0; i < LONG_BUCKETS; i++) {
            copy->counts[what][i] = is_wide(durations) ? wide(durations)->counts[what][i]
                                                       : narrow(durations)->counts[what][i];
        }
    }
    return copy;
}

#endif
