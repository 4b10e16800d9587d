/* Which holds are left behind: their function has returned. In step with `liveness`.
 *
 * Two proofs, both of absence, so that a mark is never wrong:
 * - no frame of the thread's present stack is at the address of the frame that must answer for
 *   the release, or the one that is there runs other code: frames do not move while they run;
 * - the same actor has since come to the same acquire of the same lock, under the same callers
 *   in a frame at the same address, with the hold unreleased: it was called anew or went round.
 */
#ifndef LOCKTRACE_LOOK_H
#define LOCKTRACE_LOOK_H

#include "semaphores.h"
#include "found.h"

static uint8_t counting_kind; /* of `threading`'s semaphores */

struct ids {
    uint64_t *at;
    size_t count, room;
};

COLD int ids_add(struct ids *ids, uint64_t id)
{
    if (ids->count == ids->room) {
        size_t room = ids->room != 0 ? 2 * ids->room : 64;
        uint64_t *at = realloc(ids->at, room * sizeof *at);
        if (at == NULL) {
            return -1;
        }
        ids->at = at;
        ids->room = room;
    }
    ids->at[ids->count++] = id;
    return 0;
}

/* One acquire of a lock that has not been followed by its release. */
struct reached {
    const struct actor *actor;
    const struct stack *stack;
    const void *frame;
    size_t order; /* newest first: waits, then holds */
    struct hold *hold;
};

COLD int compare_reached(const void *left, const void *right)
{
    const struct reached *a = left, *b = right;
    if (a->actor != b->actor) {
        return a->actor < b->actor ? -1 : 1;
    }
    if (a->stack != b->stack) {
        return a->stack < b->stack ? -1 : 1;
    }
    if (a->frame != b->frame) {
        return a->frame < b->frame ? -1 : 1;
    }
    return a->order < b->order ? -1 : 1;
}

COLD int judged_now(const struct hold *hold, uint64_t born_before)
{
    return hold->frame != NULL && !hold->returned && hold->stack->judgeable &&
           hold->since <= born_before && !atomic_load(&hold->actor->ended);
}

COLD void mark_returned(struct hold *hold, struct ids *marked)
{
    hold->returned = 1;
    if (hold->stack->late_releases == 0) {
        (void)ids_add(marked, hold->id);
    }
}

/* `reached` gets the holds of `entry` and the waits for it; returns how many. */
COLD size_t gather_reached(const struct entry *entry, struct reached *reached, size_t room)
{
    size_t count = 0;
    for (const struct actor *actor = actors; actor != NULL; actor = actor->next) {
        if (actor->waits == NULL || atomic_load(&actor->ended)) {
            continue;
        }
        for (struct wait *wait = actor->waits; wait != NULL && count < room; wait = wait->next) {
            if (wait->entry == entry) {
                reached[count] = (struct reached){actor, wait->stack, wait->frame, count, NULL};
                count++;
            }
        }
    }
    for (struct hold *hold = entry->holds; hold != NULL && count < room; hold = hold->next) {
        reached[count] = (struct reached){hold->actor, hold->stack, hold->frame, count, hold};
        count++;
    }
    return count;
}

COLD void mark_repeated(struct entry *entry, uint64_t born_before, struct ids *marked)
{
    int counts = entry->semaphore != NULL && entry->semaphore->form == COUNTING;
    if (counts || entry->kind == counting_kind) { /* a loop may take many permits by design */
        return;
    }
    size_t room = entry->hold_count + 64;
    struct reached *reached = malloc(room * sizeof *reached);
    if (reached == NULL) {
        return;
    }
    size_t count = gather_reached(entry, reached, room);
    qsort(reached, count, sizeof *reached, compare_reached);
    for (size_t i = 1; i < count; i++) {
        const struct reached *newer = &reached[i - 1], *older = &reached[i];
        if (older->hold != NULL && older->actor == newer->actor &&
            older->stack == newer->stack && older->frame == newer->frame &&
            judged_now(older->hold, born_before)) {
            mark_returned(older->hold, marked);
        }
    }
    free(reached);
}

/* Whether the frame answerable for `hold` may still run, `frame` being its thread's innermost. */
COLD int may_run(const struct hold *hold, void *frame)
{
    PyObject *code = hold->stack->sites[hold->stack->site_steps].code;
    for (; frame != NULL; frame = frame_previous(frame)) {
        if (frame == hold->frame) {
            return frame_code(frame) == code;
        }
    }
    return 0;
}

/* `frames` is `sys._current_frames()`: a dict of frame objects by thread ident. */
COLD void mark_absent(struct entry *entry, uint64_t born_before, PyObject *frames,
                      struct ids *marked)
{
    for (struct hold *hold = entry->holds; hold != NULL; hold = hold->next) {
        if (!judged_now(hold, born_before)) {
            continue;
        }
        PyObject *ident = PyLong_FromUnsignedLong(hold->actor->ident);
        PyObject *object = ident != NULL ? PyDict_GetItemWithError(frames, ident) : NULL;
        Py_XDECREF(ident);
        if (PyErr_Occurred()) {
            PyErr_Clear();
            continue;
        }
        if (!may_run(hold, object != NULL ? object_frame(object) : NULL)) {
            mark_returned(hold, marked);
        }
    }
}

/* What a thread held by being there, and not by what a frame of it had done, has gone with it. The
 * locks themselves have not: one that its thread has left behind stays taken. */
COLD void drop_holds_of_ended(struct entry *entry)
{
    if (entry->lock != NULL) {
        return;
    }
    for (struct hold **at = &entry->holds; *at != NULL;) {
        struct hold *hold = *at;
        if (hold->frame != NULL || hold->actor->name != NULL || !atomic_load(&hold->actor->ended)) {
            at = &hold->next;
            continue;
        }
        (void)take_out(entry, at);
        tell(EVENT_RELEASED, hold->shared, clock_ns(), hold->id, entry, hold->actor, NULL, 0);
        hold_free(hold);
    }
}

/* Also makes observers see a lock of before tracing that somebody holds for long. `whole`: what is
 * on no stack in `frames` has ended, for there are no greenlets that are switched out. */
COLD void look_at_holds(uint64_t settled_ns, PyObject *frames, int whole, struct ids *marked)
{
    uint64_t now = clock_ns(), born_before = now > settled_ns ? now - settled_ns : 0;
    FOR_EACH_ENTRY(entry)
    {
        if (entry->semaphore != NULL) {
            semaphore_reconcile(entry);
        }
        if (entry->holds == NULL) {
            continue;
        }
        drop_holds_of_ended(entry);
        if (entry->holds == NULL) {
            continue;
        }
        if (!entry->listed && entry->holds->since <= born_before) {
            entry_list(entry);
        }
        mark_repeated(entry, born_before, marked);
        if (whole) {
            mark_absent(entry, born_before, frames, marked);
        }
    }
}

/* A foretold thread that has never come has no destructor to tell of its end. */
COLD void look_at_foretold(struct actor *actor, PyObject *frames)
{
    PyObject *ident = PyLong_FromUnsignedLong(actor->ident);
    if (ident != NULL && PyDict_GetItemWithError(frames, ident) == NULL && !PyErr_Occurred()) {
        atomic_store(&actor->ended, 1);
    }
    Py_XDECREF(ident);
    PyErr_Clear();
}

/* Who ends is told of by one look, and freed by the next: its last events may be on their way. */
COLD void look_at_actors(PyObject *frames, struct ids *ended)
{
    sweep_actors();
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        if (actor->foretold) {
            look_at_foretold(actor, frames);
        }
        if (!actor->told && atomic_load(&actor->ended)) {
            actor->told = 1;
            (void)ids_add(ended, actor->id);
        }
    }
}

#endif
