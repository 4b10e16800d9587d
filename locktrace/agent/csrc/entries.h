/* One entry for each traced lock, in slabs that go back to the kernel when they empty, and the
 * table that finds it by the lock's address. Guarded by the GIL; nothing here runs foreign code.
 */
#ifndef LOCKTRACE_ENTRIES_H
#define LOCKTRACE_ENTRIES_H

#include "durations.h"
#include "poison.h"
#include "stacks.h"
#include <sys/mman.h>

struct hold;
struct semaphore;

/* What an uncontended acquire and release need comes first, together. */
struct entry {
    PyObject *lock;     /* borrowed, the key in the table; NULL when a handle owns the entry */
    struct hold *holds; /* owned, newest first */
    struct stack *stack; /* that made it; NULL: made before tracing */
    uint64_t acquisitions, hold_ns, short_holds;
    uint32_t unlisted;
    uint32_t waiters;
    uint32_t surplus;    /* permits given before anybody had taken them */
    uint16_t hold_count; /* MAX_LISTED_HOLDS at most */
    uint8_t kind;
    uint8_t listed : 1; /* observers are told of it */
    uint8_t fresh : 1;  /* and have not been yet */
    uint8_t pictured : 1; /* it was in a list of all locks, which an observer may have */
    uint64_t wait_ns;
    struct semaphore *semaphore; /* owned, one block; of a SemLock only */
    struct durations times; /* those that are not short */
    uint32_t contended;
    uint32_t id;     /* 0: the place in the slab is free */
    uint32_t parent; /* id of the compound primitive whose inner lock it is, or 0 */
    uint32_t foreign_releases;
};

enum { SLAB_BYTES = 65536 };

struct slab {
    struct slab *next, *previous; /* those with room first */
    struct entry *free;           /* linked by `lock` */
    uint32_t live;
    uint32_t carved;
    struct entry entries[];
};

enum { SLAB_ENTRIES = (SLAB_BYTES - (int)sizeof(struct slab)) / (int)sizeof(struct entry) };

static struct slab *slab_first, *slab_last;

COLD void *pages_new(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages != MAP_FAILED ? pages : NULL;
}

/* A slab at a multiple of its size, so that an entry's address gives its slab. */
COLD struct slab *slab_map(void)
{
    char *wide = pages_new(2 * SLAB_BYTES);
    if (wide == NULL) {
        return NULL;
    }
    char *aligned = (char *)(((uintptr_t)wide + SLAB_BYTES - 1) & ~(uintptr_t)(SLAB_BYTES - 1));
    if (aligned > wide) {
        munmap(wide, (size_t)(aligned - wide));
    }
    size_t rest = (size_t)(wide + 2 * SLAB_BYTES - (aligned + SLAB_BYTES));
    if (rest > 0) {
        munmap(aligned + SLAB_BYTES, rest);
    }
    return (struct slab *)aligned;
}

static void slab_unlink(struct slab *slab)
{
    *(slab->previous ? &slab->previous->next : &slab_first) = slab->next;
    *(slab->next ? &slab->next->previous : &slab_last) = slab->previous;
    slab->next = slab->previous = NULL;
}

static void slab_put_first(struct slab *slab)
{
    slab->previous = NULL;
    slab->next = slab_first;
    *(slab_first ? &slab_first->previous : &slab_last) = slab;
    slab_first = slab;
}

static void slab_put_last(struct slab *slab)
{
    slab->next = NULL;
    slab->previous = slab_last;
    *(slab_last ? &slab_last->next : &slab_first) = slab;
    slab_last = slab;
}

/* A zeroed entry without an id, or NULL. */
static struct entry *entry_allocate(void)
{
    struct slab *slab = slab_first;
    if (slab == NULL || slab->live == SLAB_ENTRIES) {
        slab = slab_map();
        if (slab == NULL) {
            return NULL;
        }
        slab_put_first(slab);
    }
    struct entry *entry = slab->free;
    if (entry != NULL) {
        UNPOISON(entry, sizeof *entry);
        slab->free = (struct entry *)entry->lock;
        entry->lock = NULL;
    } else {
        entry = &slab->entries[slab->carved++];
    }
    if (++slab->live == SLAB_ENTRIES) {
        slab_unlink(slab);
        slab_put_last(slab);
    }
    return entry;
}

static void entry_release_memory(struct entry *entry)
{
    struct slab *slab = (struct slab *)((uintptr_t)entry & ~(uintptr_t)(SLAB_BYTES - 1));
    memset(entry, 0, sizeof *entry);
    entry->lock = (PyObject *)slab->free;
    slab->free = entry;
    /* between the link and what FOR_EACH_ENTRY reads */
    POISON(&entry->holds, offsetof(struct entry, contended) - offsetof(struct entry, holds));
    if (slab->live-- == SLAB_ENTRIES) {
        slab_unlink(slab);
        slab_put_first(slab);
    }
    if (slab->live == 0 && slab_first != slab_last) {
        slab_unlink(slab);
        UNPOISON(slab, SLAB_BYTES);
        munmap(slab, SLAB_BYTES);
    }
}

#define FOR_EACH_ENTRY(entry)                                                                     \
    for (struct slab *slab_ = slab_first; slab_ != NULL; slab_ = slab_->next)                     \
        for (struct entry *entry = slab_->entries; entry < slab_->entries + slab_->carved;        \
             entry++)                                                                             \
            if (entry->id != 0)

/* -- the table: open addressing, linear probing, no tombstones */

struct slot {
    PyObject *lock; /* borrowed; NULL: empty */
    struct entry *entry;
};

enum { TABLE_MIN = 1024 };

static struct entry hidden_entry; /* of every lock that is not to be traced */
static struct slot *table;
static size_t table_size, table_used;
static int table_shift; /* 64 less the bits of an index */

HOT int shift_of(size_t size) { return 64 - __builtin_ctzll(size); }

HOT size_t table_home(const void *lock, int shift)
{
    return ((uintptr_t)lock >> 4) * 0x9E3779B97F4A7C15u >> shift;
}

HOT struct entry *table_find(const PyObject *lock)
{
    size_t at = table_home(lock, table_shift);
    while (table[at].lock != NULL) {
        if (table[at].lock == lock) {
            return table[at].entry;
        }
        at = (at + 1) & (table_size - 1);
    }
    return NULL;
}

static void table_place(struct slot *slots, size_t size, struct slot what)
{
    size_t at = table_home(what.lock, shift_of(size));
    while (slots[at].lock != NULL && slots[at].lock != what.lock) {
        at = (at + 1) & (size - 1);
    }
    slots[at] = what;
}

COLD int table_resize(size_t size)
{
    struct slot *slots = pages_new(size * sizeof *slots);
    if (slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < table_size; i++) {
        if (table[i].lock != NULL) {
            table_place(slots, size, table[i]);
        }
    }
    if (table != NULL) {
        munmap(table, table_size * sizeof *table);
    }
    table = slots;
    table_size = size;
    table_shift = shift_of(size);
    return 0;
}

/* -1 when there is no memory. */
static int table_add(PyObject *lock, struct entry *entry)
{
    if ((table_used + 1) * 4 > table_size * 3 && table_resize(table_size * 2) < 0 &&
        table_used + 1 >= table_size) {
        return -1;
    }
    table_place(table, table_size, (struct slot){lock, entry});
    table_used++;
    return 0;
}

/* What was there, or NULL. */
static struct entry *table_remove(const PyObject *lock)
{
    size_t mask = table_size - 1, at = table_home(lock, table_shift);
    while (table[at].lock != lock) {
        if (table[at].lock == NULL) {
            return NULL;
        }
        at = (at + 1) & mask;
    }
    struct entry *entry = table[at].entry;
    for (size_t next = (at + 1) & mask; table[next].lock != NULL; next = (next + 1) & mask) {
        size_t home = table_home(table[next].lock, table_shift);
        if (((next - home) & mask) >= ((next - at) & mask)) {
            table[at] = table[next];
            at = next;
        }
    }
    table[at] = (struct slot){NULL, NULL};
    table_used--;
    if (table_size > TABLE_MIN && table_used * 8 < table_size) {
        (void)table_resize(table_size / 2);
    }
    return entry;
}

#endif
