/* The ledger as rows for Python: see `locktrace.agent.reading`.
 *
 * Making a Python list may start the garbage collector, and a finalizer may take a traced lock.
 * So the rows are copied out first, in C alone, and made into tuples when nothing points into
 * the ledger any more.
 */
#ifndef LOCKTRACE_ROWS_H
#define LOCKTRACE_ROWS_H

#include "kinds.h"
#include "look.h"

struct row {
    uint64_t cell[9];
    PyObject *text; /* owned, str or NULL */
    char *os_name;  /* owned; of a SemLock, or NULL */
    struct wide_durations *times; /* owned; NULL: there are none but short ones */
    PyObject *name; /* owned, str or NULL; of a task */
};

struct rows {
    struct row *at;
    size_t count, room;
};

/* A zeroed row, or NULL when there is no memory. */
COLD struct row *rows_add(struct rows *rows)
{
    if (rows->count == rows->room) {
        size_t room = rows->room != 0 ? 2 * rows->room : 256;
        struct row *at = realloc(rows->at, room * sizeof *at);
        if (at == NULL) {
            return NULL;
        }
        rows->at = at;
        rows->room = room;
    }
    struct row *row = &rows->at[rows->count++];
    memset(row, 0, sizeof *row);
    return row;
}

/* New reference to the text of a label. */
COLD PyObject *label_text(PyObject *label)
{
    PyObject *text = label != NULL ? PyTuple_GetItem(label, 1) : NULL;
    Py_XINCREF(text);
    return text;
}

/* Takes over `rows`; a list of what `make` does of each, or NULL. */
COLD PyObject *rows_list(struct rows *rows, PyObject *(*make)(const struct row *))
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; i < rows->count; i++) {
        PyObject *tuple = list != NULL ? make(&rows->at[i]) : NULL;
        if (list != NULL && (tuple == NULL || PyList_Append(list, tuple) < 0)) {
            Py_CLEAR(list);
        }
        Py_XDECREF(tuple);
        Py_XDECREF(rows->at[i].text);
        free(rows->at[i].os_name);
        free(rows->at[i].times);
        Py_XDECREF(rows->at[i].name);
    }
    free(rows->at);
    return list;
}

/* -- locks and totals */

COLD void copy_lock(struct rows *rows, const struct entry *entry)
{
    struct row *row = rows_add(rows);
    if (row != NULL) {
        row->cell[0] = entry->id;
        row->cell[1] = entry->stack != NULL ? entry->stack->id : 0;
        row->cell[2] = entry->parent;
        row->cell[3] = (uintptr_t)entry->lock;
        row->text = kinds[entry->kind];
        Py_XINCREF(row->text);
        if (entry->semaphore != NULL) {
            row->cell[4] = (uintptr_t)entry->semaphore->handle;
            row->os_name = entry->semaphore->name[0] != '\0' ? strdup(entry->semaphore->name) : NULL;
        }
    }
}

COLD PyObject *make_lock(const struct row *row)
{
    return Py_BuildValue("(KOKKKzK)", row->cell[0], row->text != NULL ? row->text : Py_None,
                         row->cell[1], row->cell[2], row->cell[3], row->os_name, row->cell[4]);
}

/* Those that are gone again; see `entry_remember`. */
COLD void copy_stillborn(struct rows *rows)
{
    while (stillborn_count > 0) {
        const struct stillborn *lock = &stillborn[--stillborn_count];
        struct row *row = rows_add(rows);
        if (row != NULL) {
            row->cell[0] = lock->id;
            row->cell[1] = lock->stack != NULL ? lock->stack->id : 0;
            row->cell[2] = lock->parent;
            row->text = kinds[lock->kind];
            Py_XINCREF(row->text);
        }
    }
}

COLD PyObject *rows_locks(int only_fresh)
{
    struct rows rows = {0};
    if (only_fresh) {
        copy_stillborn(&rows);
    }
    FOR_EACH_ENTRY(entry)
    {
        if (only_fresh ? entry->fresh : entry->listed) {
            copy_lock(&rows, entry);
            entry->pictured |= !only_fresh;
        }
        entry->fresh = only_fresh ? 0 : entry->fresh;
    }
    fresh_entries = only_fresh ? 0 : fresh_entries;
    return rows_list(&rows, make_lock);
}

/* (longest, counts from the shortest on, none at the end) as `locktrace.durations`. */
COLD PyObject *make_times(const struct wide_durations *durations, enum lasting what, uint64_t shorts)
{
    Py_ssize_t count = durations != NULL ? LONG_BUCKETS : 0;
    while (count > 0 && durations->counts[what][count - 1] == 0) {
        count--;
    }
    PyObject *times = PyTuple_New(count + 2);
    for (Py_ssize_t i = 0; times != NULL && i < count + 2; i++) {
        uint64_t number = i == 0   ? durations != NULL ? (uint64_t)durations->longest[what] : 0
                          : i == 1 ? shorts
                                   : durations->counts[what][i - 2];
        PyObject *item = PyLong_FromUnsignedLongLong(number);
        if (item == NULL || PyTuple_SetItem(times, i, item) < 0) {
            Py_CLEAR(times);
        }
    }
    return times;
}

COLD PyObject *make_totals(const struct row *row)
{
    const uint64_t *c = row->cell;
    return Py_BuildValue("(KKKKKKKNN)", c[0], c[1], c[2], c[3], c[4], c[5], c[6],
                         make_times(row->times, HOLDS, c[7]), make_times(row->times, WAITS, c[8]));
}

COLD PyObject *rows_totals(void)
{
    struct rows rows = {0};
    FOR_EACH_ENTRY(entry)
    {
        struct row *row = entry->listed ? rows_add(&rows) : NULL;
        if (row != NULL) {
            const uint64_t cells[] = {entry->id,      entry->acquisitions,     entry->contended,
                                      entry->wait_ns, entry->hold_ns,          entry->foreign_releases,
                                      entry->unlisted, entry->short_holds,     0};
            memcpy(row->cell, cells, sizeof cells);
            row->times = durations_copy(entry->times);
        }
    }
    return rows_list(&rows, make_totals);
}

/* -- holds, waits, actors */

/* New reference to the row's text, empty if it has none. */
COLD PyObject *row_text(const struct row *row)
{
    Py_XINCREF(row->text);
    return row->text != NULL ? row->text : PyUnicode_FromStringAndSize(NULL, 0);
}

COLD PyObject *make_hold(const struct row *row)
{
    const uint64_t *c = row->cell;
    return Py_BuildValue("(KKKKKKNKK)", c[0], c[1], c[2], c[3], c[4], c[5], row_text(row), c[6],
                         c[7]);
}

COLD PyObject *make_wait(const struct row *row)
{
    const uint64_t *c = row->cell;
    return Py_BuildValue("(KKKKKKNKKK)", c[0], c[1], c[2], c[3], c[4], c[5], row_text(row), c[6],
                         c[7], c[8]);
}

COLD void copy_hold(struct rows *rows, const struct entry *entry, const struct hold *hold)
{
    struct row *row = rows_add(rows);
    if (row != NULL) {
        uint64_t leaked = hold->returned && hold->stack->late_releases == 0;
        const uint64_t cells[] = {hold->id,        entry->id,   hold->shared, hold->actor->id,
                                  hold->stack->id, hold->since, leaked,       hold->found};
        memcpy(row->cell, cells, sizeof cells);
        row->text = label_text(hold->label);
    }
}

COLD PyObject *rows_holds(void)
{
    struct rows rows = {0};
    FOR_EACH_ENTRY(entry)
    {
        size_t first = rows.count;
        for (struct hold *hold = entry->listed ? entry->holds : NULL; hold; hold = hold->next) {
            copy_hold(&rows, entry, hold);
        }
        for (size_t low = first, high = rows.count; low + 1 < high; low++) { /* oldest first */
            struct row swapped = rows.at[low];
            rows.at[low] = rows.at[--high];
            rows.at[high] = swapped;
        }
    }
    return rows_list(&rows, make_hold);
}

COLD PyObject *rows_waits(void)
{
    struct rows rows = {0};
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        /* a thread that has ended inside a wait has taken the record with it */
        struct wait *wait = atomic_load(&actor->ended) ? NULL : actor->waits;
        for (; wait != NULL; wait = wait->next) {
            struct row *row = wait->entry != NULL ? rows_add(&rows) : NULL;
            if (row != NULL) {
                const uint64_t cells[] = {wait->id,    wait->entry->id, wait->shared,
                                          actor->id,   wait->stack->id, wait->since,
                                          wait->timed, (uintptr_t)wait->blocks_on,
                                          wait->found};
                memcpy(row->cell, cells, sizeof cells);
                row->text = label_text(wait->label);
            }
        }
    }
    return rows_list(&rows, make_wait);
}

COLD PyObject *make_actor(const struct row *row)
{
    const uint64_t *c = row->cell;
    return Py_BuildValue("(KKKNOO)", c[0], c[1], c[2], row_text(row), c[3] ? Py_True : Py_False,
                         row->name != NULL ? row->name : Py_None);
}

COLD PyObject *rows_actors(void)
{
    struct rows rows = {0};
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        struct row *row = rows_add(&rows);
        if (row != NULL) {
            const uint64_t cells[] = {actor->id, actor->ident, actor->native_id,
                                      (uint64_t)atomic_load(&actor->ended)};
            memcpy(row->cell, cells, sizeof cells);
            row->text = label_text(actor->label);
            row->name = actor->name;
            Py_XINCREF(row->name);
        }
    }
    return rows_list(&rows, make_actor);
}

/* -- stacks, events, looks */

/* (site_index, judgeable, late_releases, ((code, offset), ...)) of the shown frames. */
COLD PyObject *row_stack(const struct stack *stack)
{
    PyObject *frames = PyList_New(0);
    for (int i = 0; frames != NULL && i < stack->depth; i++) {
        if (stack->own >> i & 1) {
            continue;
        }
        PyObject *code = stack->sites[i].code;
        PyObject *pair = Py_BuildValue("(Oi)", code, instr_offset(code, stack->sites[i].instr));
        if (pair == NULL || PyList_Append(frames, pair) < 0) {
            Py_CLEAR(frames);
        }
        Py_XDECREF(pair);
    }
    return frames == NULL ? NULL
                          : Py_BuildValue("(iOIN)", stack->site_index,
                                          stack->judgeable ? Py_True : Py_False,
                                          stack->late_releases, frames);
}

/* Takes over `ids`. */
COLD PyObject *ids_list(struct ids *ids)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < ids->count; i++) {
        PyObject *id = PyLong_FromUnsignedLongLong(ids->at[i]);
        if (id == NULL || PyList_Append(list, id) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(id);
    }
    free(ids->at);
    return list;
}

/* Adds to `ids` what is not there yet; `seen` is a table of `size` slots, a power of two. */
COLD void ids_add_once(struct ids *ids, uint32_t *seen, size_t size, uint32_t id)
{
    size_t at = (id * 2654435761u) & (size - 1);
    while (seen[at] != 0 && seen[at] != id) {
        at = (at + 1) & (size - 1);
    }
    if (seen[at] == 0 && id != 0) {
        seen[at] = id;
        (void)ids_add(ids, id);
    }
}

enum { MAX_TAKEN = 8192, SEEN_SIZE = 2 * MAX_TAKEN };

/* (records as bytes, stacks, actors, destroyed locks, how many were lost); b"" at the end.
 * After a loss the rest of the flood goes too: only a fresh picture helps, and it is coming. */
COLD PyObject *row_events(void)
{
    struct event *taken = malloc(MAX_TAKEN * sizeof *taken);
    uint32_t *seen = calloc(2 * SEEN_SIZE, sizeof *seen);
    if (taken == NULL || seen == NULL) {
        free(taken);
        free(seen);
        return PyErr_NoMemory();
    }
    if (events.lost != 0) {
        events.lost += events.head - events.tail;
        events.tail = events.head;
    }
    unsigned long long lost = events.lost;
    events.lost = 0;
    size_t count = ring_take(&events, taken, MAX_TAKEN);
    count += ring_take(&deaths, taken + count, MAX_TAKEN - count);
    struct ids stacks = {0}, threads = {0}, destroyed = {0};
    for (size_t i = 0; i < count; i++) {
        ids_add_once(&stacks, seen, SEEN_SIZE, taken[i].stack);
        ids_add_once(&threads, seen + SEEN_SIZE, SEEN_SIZE, taken[i].actor);
        if (taken[i].op == EVENT_DESTROYED) {
            (void)ids_add(&destroyed, taken[i].lock);
        }
    }
    PyObject *bytes =
        PyBytes_FromStringAndSize((char *)taken, (Py_ssize_t)(count * sizeof *taken));
    free(taken);
    free(seen);
    return Py_BuildValue("(NNNNK)", bytes, ids_list(&stacks), ids_list(&threads),
                         ids_list(&destroyed), lost);
}

COLD PyObject *row_look(uint64_t settled_ns, PyObject *frames, int whole)
{
    struct ids marked = {0}, ended = {0};
    look_at_found(frames);
    look_at_actors(frames, &ended);
    look_at_holds(settled_ns, frames, whole, &marked);
    PyObject *first = ids_list(&marked), *second = ids_list(&ended);
    if (first == NULL || second == NULL) {
        Py_XDECREF(first);
        Py_XDECREF(second);
        return NULL;
    }
    return Py_BuildValue("(NN)", first, second);
}

#endif
