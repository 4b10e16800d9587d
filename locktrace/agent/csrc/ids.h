/* Ids of locks and actors, from one count of 32 bits: the wire has no more.
 *
 * A server that makes ten thousand locks a second comes to the end of them in five days. The count
 * then goes on in the widest gap that the living leave, and from its end in the widest of that time.
 */
#ifndef LOCKTRACE_IDS_H
#define LOCKTRACE_IDS_H

#include "compat.h"
#include <stdlib.h>

static uint32_t last_id, gap_end; /* the ids between them are nobody's; as an end 0 is 2**32 */

/* Ids of all that live into `ids`, if it is not NULL; returns how many there are. */
static size_t living_ids(uint32_t *ids);

COLD int compare_ids(const void *one, const void *other)
{
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* The widest gap of `count` sorted ids, which have room for one more; at least one id is free. */
COLD void ids_choose_gap(uint32_t *ids, size_t count)
{
    uint32_t before = 0, widest = 0;
    ids[count] = 0;
    for (size_t i = 0; i <= count; i++) {
        if (ids[i] - before > widest) {
            widest = ids[i] - before;
            last_id = before;
            gap_end = ids[i];
        }
        before = ids[i];
    }
}

/* Without memory the ids begin again at 1, and some have two owners. */
COLD void ids_find_gap(void)
{
    const size_t count = living_ids(NULL);
    uint32_t *ids = malloc((count + 1) * sizeof *ids);
    last_id = gap_end = 0;
    if (ids != NULL) {
        (void)living_ids(ids);
        qsort(ids, count, sizeof *ids, compare_ids);
        ids_choose_gap(ids, count);
        free(ids);
    }
}

/* An id that nobody has; never 0, which means none. */
HOT uint32_t next_id(void)
{
    if (__builtin_expect(last_id + 1 == gap_end, 0)) {
        ids_find_gap();
    }
    return ++last_id;
}

#endif
