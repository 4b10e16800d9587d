/* Interned call stacks: (code, offset) pairs, innermost first.
 *
 * A stack is known by its frames' instruction pointers. Each lies within its code object, and
 * the table keeps a strong reference to every code object it has met, so no pointer is ever
 * used twice. At most MAX_STACKS, the last of them short, so that there is room for places that are
 * new; then everything is the stack 0, `unknown`.
 */
#ifndef LOCKTRACE_STACKS_H
#define LOCKTRACE_STACKS_H

#include "compat.h"

enum { MAX_DEPTH = 32, CREATION_DEPTH = 6, SEMLOCK_CREATION_DEPTH = 16, MAX_STACKS = 32768, STACK_SLOTS = 65536 };
enum { SUSPENDABLE = 0x20 | 0x80 | 0x200 }; /* CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR */

struct stack {
    uint64_t hash;
    uint32_t id;
    uint32_t own;           /* bit i: frame i is the tracer's or a trampoline, not shown */
    uint32_t late_releases; /* holds that were released after their function had returned */
    uint16_t site_index;    /* the shown frame answerable for a release */
    uint8_t site_steps;     /* the way to it, all frames counted */
    uint8_t depth;
    uint8_t is_cut;      /* there were callers beyond, for which the table had no room left */
    uint8_t judgeable;   /* that frame's end proves a leak */
    uint8_t unseen_make; /* a lock made here is the interpreter's or the tracer's own affair */
    struct site {
        uintptr_t instr;
        PyObject *code; /* owned, for as long as the process lives */
    } sites[];
};

struct walk {
    uint64_t hash;
    int depth;
    uintptr_t instr[MAX_DEPTH];
    void *frame[MAX_DEPTH];
};

/* What Python tells us at `configure`; owned. */
static struct {
    int depth;
    PyObject *own_folder;       /* str: prefix of our own files */
    PyObject *wrapper_names;    /* frozenset of str: functions that return holding by design */
    PyObject *wrapper_prefixes; /* tuple of str */
    PyObject *hidden_codes;     /* tuple of code objects: what they create is not traced */
} rules;

static struct stack unknown_stack;
static struct stack *stacks_by_id[MAX_STACKS] = {&unknown_stack};
static struct stack *stack_slots[STACK_SLOTS];
static uint32_t stack_count = 1;

HOT uint64_t hash_start(int depth) { return 0x9E3779B97F4A7C15u ^ (unsigned)depth; }
HOT uint64_t hash_add(uint64_t hash, uintptr_t instr) { return (hash ^ instr) * 0xD6E8FEB86659FD93u; }
HOT uint64_t hash_end(uint64_t hash) { return hash ^ (hash >> 32); }

HOT void walk_from(struct walk *walk, void *frame, int depth)
{
    uint64_t hash = hash_start(depth);
    int n = 0;
    while (frame != NULL && n < depth) {
        if (!frame_is_shim(frame)) {
            uintptr_t instr = frame_instr(frame);
            walk->instr[n] = instr;
            walk->frame[n++] = frame;
            hash = hash_add(hash, instr);
        }
        frame = frame_previous(frame);
    }
    walk->depth = n;
    walk->hash = hash_end(hash);
}

/* As if the innermost frame were at another instruction of its. */
COLD void walk_move(struct walk *walk, int depth, uintptr_t instr)
{
    walk->instr[0] = instr;
    walk->hash = hash_start(depth);
    for (int i = 0; i < walk->depth; i++) {
        walk->hash = hash_add(walk->hash, walk->instr[i]);
    }
    walk->hash = hash_end(walk->hash);
}

HOT int stack_matches(const struct stack *stack, const struct walk *walk)
{
    if (stack->hash != walk->hash || stack->depth != walk->depth) {
        return 0;
    }
    for (int i = 0; i < walk->depth; i++) {
        if (stack->sites[i].instr != walk->instr[i]) {
            return 0;
        }
    }
    return 1;
}

/* A str attribute of a code object; new reference. Runs no foreign code. */
COLD PyObject *code_str(PyObject *code, const char *name)
{
    PyObject *value = PyObject_GetAttrString(code, name);
    if (value == NULL) {
        PyErr_Clear();
    }
    return value;
}

COLD int code_in_folder(PyObject *code, PyObject *folder)
{
    PyObject *file = code_str(code, "co_filename");
    int found = file != NULL && PyUnicode_Tailmatch(file, folder, 0, PY_SSIZE_T_MAX, -1) == 1;
    Py_XDECREF(file);
    PyErr_Clear();
    return found;
}

COLD int code_file_starts(PyObject *code, const char *prefix)
{
    PyObject *file = code_str(code, "co_filename");
    const char *text = file != NULL ? PyUnicode_AsUTF8AndSize(file, NULL) : NULL;
    int found = text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
    Py_XDECREF(file);
    PyErr_Clear();
    return found;
}

/* From 3.12 on a specialised call of a class puts a frame of the interpreter's own under
 * `__init__`; its code says that it is from the file `__init__`. */
COLD int code_is_trampoline(PyObject *code)
{
    PyObject *file = code_str(code, "co_filename");
    int found = file != NULL && PyUnicode_CompareWithASCIIString(file, "__init__") == 0;
    Py_XDECREF(file);
    return found;
}

COLD int code_is_wrapper(PyObject *code)
{
    PyObject *name = code_str(code, "co_name");
    if (name == NULL) {
        return 0;
    }
    int found = PySet_Contains(rules.wrapper_names, name) == 1;
    for (Py_ssize_t i = 0; !found && i < PyTuple_Size(rules.wrapper_prefixes); i++) {
        PyObject *prefix = PyTuple_GetItem(rules.wrapper_prefixes, i);
        found = PyUnicode_Tailmatch(name, prefix, 0, PY_SSIZE_T_MAX, -1) == 1;
    }
    Py_DECREF(name);
    PyErr_Clear();
    return found;
}

COLD int code_is_suspendable(PyObject *code)
{
    PyObject *flags = code_str(code, "co_flags");
    long bits = flags != NULL ? PyLong_AsLong(flags) : 0;
    Py_XDECREF(flags);
    PyErr_Clear();
    return (bits & SUSPENDABLE) != 0;
}

/* Which shown frame must answer for a release; in step with `stacks.answerable`. */
COLD void judge(struct stack *stack)
{
    int shown[MAX_DEPTH], count = 0;
    for (int i = 0; i < stack->depth; i++) {
        if (!(stack->own >> i & 1)) {
            shown[count++] = i;
        }
    }
    int index = 0, judgeable = 0;
    for (; index < count; index++) {
        PyObject *code = stack->sites[shown[index]].code;
        if (code_is_wrapper(code)) {
            continue;
        }
        if (!code_is_suspendable(code)) {
            judgeable = 1;
            break;
        }
        if (index + 1 == count || !code_is_wrapper(stack->sites[shown[index + 1]].code)) {
            break;
        }
    }
    if (index == count) {
        index = count > 0 ? count - 1 : 0;
    }
    stack->site_index = (uint16_t)index;
    stack->site_steps = (uint8_t)(count > 0 ? shown[index] : 0);
    stack->judgeable = (uint8_t)judgeable;
}

/* Whether a lock made here belongs to the interpreter's machinery; see docs/core.md. */
COLD int made_unseen(const struct stack *stack)
{
    if (stack->depth == 0) {
        return 0;
    }
    if ((stack->own & 1) || code_file_starts(stack->sites[0].code, "<frozen importlib")) {
        return 1;
    }
    for (int i = 0; i < stack->depth && i < 2; i++) {
        for (Py_ssize_t j = 0; j < PyTuple_Size(rules.hidden_codes); j++) {
            if (PyTuple_GetItem(rules.hidden_codes, j) == stack->sites[i].code) {
                return 1;
            }
        }
    }
    return 0;
}

/* How many frames a new stack may have. Two are the least: see `made_unseen`. */
COLD int depth_left(void)
{
    return stack_count < MAX_STACKS / 4 * 3 ? MAX_DEPTH : stack_count < MAX_STACKS / 16 * 15 ? 4 : 2;
}

/* Only the innermost `depth` frames of it; those of whole walks hash otherwise. */
COLD void walk_cut(struct walk *walk, int depth)
{
    walk->depth = depth;
    walk->hash = hash_start(MAX_DEPTH + depth);
    for (int i = 0; i < depth; i++) {
        walk->hash = hash_add(walk->hash, walk->instr[i]);
    }
    walk->hash = hash_end(walk->hash);
}

/* Reads attributes of code objects only, so nothing foreign runs and the slot stays free. */
COLD struct stack *intern(const struct walk *walk, uint32_t slot)
{
    if (stack_count >= MAX_STACKS) {
        return &unknown_stack;
    }
    struct stack *stack = calloc(1, sizeof *stack + (size_t)walk->depth * sizeof stack->sites[0]);
    if (stack == NULL) {
        return &unknown_stack;
    }
    stack->hash = walk->hash;
    stack->depth = (uint8_t)walk->depth;
    for (int i = 0; i < walk->depth; i++) {
        PyObject *code = frame_code(walk->frame[i]);
        Py_INCREF(code);
        stack->sites[i].code = code;
        stack->sites[i].instr = walk->instr[i];
        if (code_in_folder(code, rules.own_folder) || code_is_trampoline(code)) {
            stack->own |= 1u << i;
        }
    }
    judge(stack);
    stack->unseen_make = (uint8_t)made_unseen(stack);
    stack->id = stack_count;
    stacks_by_id[stack_count++] = stack;
    stack_slots[slot] = stack;
    return stack;
}

/* The known one, or NULL; then `slot` is its place. */
HOT struct stack *stack_find(const struct walk *walk, uint32_t *slot)
{
    struct stack *stack;
    *slot = (uint32_t)walk->hash & (STACK_SLOTS - 1);
    while ((stack = stack_slots[*slot]) != NULL && !stack_matches(stack, walk)) {
        *slot = (*slot + 1) & (STACK_SLOTS - 1);
    }
    return stack;
}

COLD struct stack *stack_cut(struct walk walk, int depth)
{
    uint32_t slot;
    walk_cut(&walk, depth);
    struct stack *stack = stack_find(&walk, &slot);
    if (stack == NULL) {
        stack = intern(&walk, slot);
        stack->is_cut = stack != &unknown_stack;
    }
    return stack;
}

static struct stack *stack_of(const struct walk *walk)
{
    uint32_t slot;
    struct stack *stack = stack_find(walk, &slot);
    if (__builtin_expect(stack != NULL, 1)) {
        return stack;
    }
    const int depth = depth_left();
    return walk->depth > depth ? stack_cut(*walk, depth) : intern(walk, slot);
}

/* -- the stack of an acquire */

/* By innermost instruction, the stack that was met last: most acquires come by the same callers
 * as the one before, and then there is nothing to hash, to keep and to look up. */
enum { RECENT_STACKS = 1024 };
static struct stack *recent_stacks[RECENT_STACKS];

/* Whether `frame` and its callers are `stack`, which was walked to `rules.depth` or is cut; if so
 * `answerable` is set. No instruction of a shim's is one of a stack's. */
HOT int stack_is(const struct stack *stack, void *frame, void **answerable)
{
    const struct site *site = stack->sites, *end = site + stack->depth;
    const struct site *answers = site + stack->site_steps;
    for (; frame != NULL; frame = frame_previous(frame)) {
        if (frame_instr(frame) == site->instr) {
            if (site == answers) {
                *answerable = frame;
            }
            if (++site == end) {
                return stack->depth == rules.depth || stack->is_cut ||
                       skip_shims(frame_previous(frame)) == NULL;
            }
        } else if (!frame_is_shim(frame)) {
            return 0;
        }
    }
    return 0;
}

static __attribute__((noinline)) struct stack *stack_walked(struct stack **recent, void *frame,
                                                            void **answerable)
{
    struct walk walk;
    walk_from(&walk, frame, rules.depth);
    struct stack *stack = stack_of(&walk);
    *answerable = walk.depth != 0 ? walk.frame[stack->site_steps] : NULL;
    if (stack->depth != 0) { /* that of no frame, and the unknown one, have no instruction to compare */
        *recent = stack;
    }
    return stack;
}

/* The stack from `frame` outwards; `answerable` is set to the frame, one of them, that must answer
 * for a release, or to NULL. */
HOT struct stack *stack_from(void *frame, void **answerable)
{
    const uintptr_t instr = frame != NULL ? frame_instr(frame) : 0;
    struct stack **recent = &recent_stacks[(instr >> 1) % RECENT_STACKS];
    if (__builtin_expect(*recent != NULL && stack_is(*recent, frame, answerable), 1)) {
        return *recent;
    }
    return stack_walked(recent, frame, answerable);
}

#endif
