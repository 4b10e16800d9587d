/* The lock types' own methods, replaced in their method tables: every lock of the process is
 * traced, with its type, its repr and everything else as it was.
 *
 * A hook forwards to the original whatever happens: `saved` pointers are never cleared, so a
 * call that is under way, or that somebody has bound before, goes on working after `disarm`.
 */
#ifndef LOCKTRACE_HOOKS_H
#define LOCKTRACE_HOOKS_H

#include "call.h"
#include "semaphores.h"

enum lock_type { LOCK, RLOCK, SEMLOCK, LOCK_TYPES };
enum operation {
    ACQUIRE,
    RELEASE,
    RELEASE_SAVE,
    ACQUIRE_RESTORE,
    AT_FORK_REINIT,
    CREATE, /* from here on: functions, not methods */
    CREATE_HIDDEN,
    REBUILD,
    LOAD_MODULE
};
enum { ALL_LEVELS = 1 << 30 };

/* A slot is one method that we hook: its place in `slots`, its name, type and operation. */
#define SLOTS(X)                                                                                  \
    X(0, LOCK, ACQUIRE, "acquire")                                                                \
    X(1, LOCK, ACQUIRE, "acquire_lock")                                                           \
    X(2, LOCK, ACQUIRE, "__enter__")                                                              \
    X(3, LOCK, RELEASE, "release")                                                                \
    X(4, LOCK, RELEASE, "release_lock")                                                           \
    X(5, LOCK, RELEASE, "__exit__")                                                               \
    X(6, LOCK, AT_FORK_REINIT, "_at_fork_reinit")                                                 \
    X(7, RLOCK, ACQUIRE, "acquire")                                                               \
    X(8, RLOCK, ACQUIRE, "__enter__")                                                             \
    X(9, RLOCK, RELEASE, "release")                                                               \
    X(10, RLOCK, RELEASE, "__exit__")                                                             \
    X(11, RLOCK, RELEASE_SAVE, "_release_save")                                                   \
    X(12, RLOCK, ACQUIRE_RESTORE, "_acquire_restore")                                             \
    X(13, RLOCK, AT_FORK_REINIT, "_at_fork_reinit")                                               \
    X(14, LOCK, CREATE, "allocate_lock")                                                          \
    X(15, LOCK, CREATE, "allocate")                                                               \
    X(16, LOCK, CREATE_HIDDEN, "_set_sentinel")                                                   \
    X(17, SEMLOCK, ACQUIRE, "acquire")                                                            \
    X(18, SEMLOCK, ACQUIRE, "__enter__")                                                          \
    X(19, SEMLOCK, RELEASE, "release")                                                            \
    X(20, SEMLOCK, RELEASE, "__exit__")                                                           \
    X(21, SEMLOCK, AT_FORK_REINIT, "_after_fork")                                                 \
    X(22, SEMLOCK, REBUILD, "_rebuild")                                                           \
    X(23, LOCK, LOAD_MODULE, "exec_dynamic")                                                      \
    X(24, LOCK, LOAD_MODULE, "exec_builtin")

enum { ACQUIRE_RESTORE_SLOT = 12, SLOT_COUNT = 25 };
static const int ACQUIRE_SLOT[LOCK_TYPES] = {0, 7, 17};

static struct {
    PyMethodDef *method; /* in the interpreter's own static table; NULL: not there */
    PyCFunction saved;
    PyCFunction hook;
    enum convention convention;
} slots[SLOT_COUNT];

static struct {
    PyTypeObject *type; /* owned; NULL: not there yet */
    uint8_t kind;
    destructor dealloc;
    newfunc new;
} lock_types[LOCK_TYPES];

static int armed;
static void *our_interp; /* the tables serve every interpreter of the process, we serve this one */
static PyObject *args_nonblocking; /* (False,) */

/* -- entries of locks */

/* What the calling thread builds: id of the compound primitive, 0, or -1 for `hidden`. */
static int64_t building_parent(const struct actor *actor);

HOT struct entry *lock_register(PyObject *lock, uint8_t kind, struct stack *stack, int64_t parent)
{
    int unseen = parent < 0 || (stack != NULL && stack->unseen_make);
    struct entry *entry =
        unseen ? &hidden_entry : entry_new(kind, stack, (uint32_t)parent);
    if (entry == NULL) {
        return &hidden_entry;
    }
    if (table_add(lock, entry) < 0) {
        entry_free(entry);
        return &hidden_entry;
    }
    if (entry != &hidden_entry) {
        entry->lock = lock;
    }
    return entry;
}

/* As `lock_register` for a SemLock that had `permits` at first. */
COLD struct entry *semlock_register(PyObject *lock, int permits, const char *name,
                                    struct stack *stack, int64_t parent)
{
    struct semaphore *semaphore = semaphore_new(lock, permits, name);
    struct entry *entry = semaphore != NULL
                              ? lock_register(lock, semlock_kind(lock), stack, parent)
                              : &hidden_entry;
    if (entry == &hidden_entry) {
        free(semaphore);
    } else {
        entry->semaphore = semaphore;
    }
    return entry;
}

/* The lock's entry; one that was made before tracing, or by C code, gets it now, unlisted. */
HOT struct entry *lock_entry(PyObject *lock, enum lock_type type)
{
    struct entry *entry = table_find(lock);
    if (__builtin_expect(entry != NULL, 1)) {
        return entry;
    }
    if (type == SEMLOCK) {
        return semlock_register(lock, PERMITS_UNKNOWN, NULL, NULL, 0);
    }
    return lock_register(lock, lock_types[type].kind, NULL, 0);
}

/* A lock has just been made by the code that runs. */
static void lock_created(PyObject *lock, uint8_t kind, PyThreadState *ts)
{
    struct actor *actor = actor_here();
    if (actor == NULL || table_find(lock) != NULL) {
        return;
    }
    struct walk walk;
    walk_from(&walk, thread_frame(ts), CREATION_DEPTH);
    struct entry *entry = lock_register(lock, kind, stack_of(&walk), building_parent(actor));
    if (entry != &hidden_entry) {
        entry_list(entry);
    }
}

/* Whether `object` is a SemLock whose end we see: a second import makes a second type. */
HOT int is_semlock(PyObject *object)
{
    PyTypeObject *type = lock_types[SEMLOCK].type;
    return Py_TYPE(object) == type || PyType_IsSubtype(Py_TYPE(object), type);
}

/* As `lock_created` for a SemLock; under `multiprocessing` its makers stand many deep. */
COLD void semlock_created(PyObject *lock, int permits, const char *name, PyThreadState *ts)
{
    struct actor *actor = actor_here();
    if (actor == NULL || table_find(lock) != NULL) {
        return;
    }
    struct walk walk;
    walk_from(&walk, thread_frame(ts), SEMLOCK_CREATION_DEPTH);
    struct entry *entry =
        semlock_register(lock, permits, name, stack_of(&walk), building_parent(actor));
    if (entry != &hidden_entry) {
        entry_list(entry);
    }
}

/* The thread state when this call is to be recorded, else NULL. */
HOT PyThreadState *tracing_here(void)
{
    if (__builtin_expect(!armed, 0)) {
        return NULL;
    }
    PyThreadState *ts = PyThreadState_Get();
    return __builtin_expect(thread_interp(ts) == our_interp, 1) ? ts : NULL;
}

/* -- operations; each returns what the original returned */

HOT void record_acquired(struct entry *entry, enum lock_type type, struct actor *actor, void *frame,
                         int depth)
{
    if (type == SEMLOCK) {
        semaphore_acquired(entry, actor, frame);
    } else if (type == RLOCK) {
        entry_acquired_again(entry, actor, frame, depth);
    } else {
        entry_acquired(entry, actor, 0, frame);
    }
}

/* `acquire(False)` by the original method: True, False or NULL. */
HOT PyObject *try_acquire(PyObject *self, enum lock_type type)
{
    const int slot = ACQUIRE_SLOT[type];
    if (slots[slot].convention == VARARGS_KEYWORDS) {
        return ((PyCFunctionWithKeywords)(void (*)(void))slots[slot].saved)(self, args_nonblocking,
                                                                            NULL);
    }
    PyObject *vector[] = {Py_False};
    return ((fast_keywords_function)(void (*)(void))slots[slot].saved)(self, vector, 1, NULL);
}

/* A lock that nobody is told of: where a wait for a compound primitive really blocks. */
COLD PyObject *acquire_hidden(const struct call *call, struct actor *actor)
{
    if (actor != NULL && actor->waits != NULL) {
        actor->waits->blocks_on = call->self;
    }
    return call_original(call);
}

/* The original, which may block, inside a recorded wait; then `depth` levels are held. */
COLD PyObject *acquire_blocking(const struct call *call, enum lock_type type, int timed, int depth)
{
    struct entry *entry = lock_entry(call->self, type);
    struct actor *actor = actor_here();
    if (entry == &hidden_entry || actor == NULL) {
        return acquire_hidden(call, actor);
    }
    struct wait wait;
    wait_begin(&wait, entry, actor, 0, timed, thread_frame(PyThreadState_Get()));
    PyObject *result = call_original(call);
    wait_end(&wait);
    if (result != NULL && result != Py_False && armed) {
        entry = lock_entry(call->self, type); /* another one, if we were disarmed meanwhile */
        if (entry != &hidden_entry) {
            void *frame = thread_frame(PyThreadState_Get());
            actor->manner = timed ? FLAG_TIMED : 0;
            record_acquired(entry, type, actor, frame, depth);
        }
    }
    return result;
}

/* An acquire with arguments: it may be one that does not block, or that raises. */
COLD PyObject *acquire_passing(const struct call *call, enum lock_type type)
{
    PyObject *result = call_original(call);
    if (result == Py_True && armed) {
        struct entry *entry = lock_entry(call->self, type);
        struct actor *actor = actor_here();
        if (entry != &hidden_entry && actor != NULL) {
            actor->manner = FLAG_TRY;
            record_acquired(entry, type, actor, thread_frame(PyThreadState_Get()), 1);
        }
    }
    return result;
}

/* Whether an acquire cannot block, so that the original may be called as it is: we have seen all
 * that happened to the lock, and nobody holds it but the actor, or is being woken to hold it. */
HOT int is_free(const struct entry *entry, enum lock_type type, const struct actor *actor)
{
    if (type == SEMLOCK || entry->stack == NULL || entry->waiters != 0 || entry->unlisted != 0) {
        return 0;
    }
    return entry->holds == NULL || (type == RLOCK && entry->holds->actor == actor);
}

HOT PyObject *hook_acquire(const struct call *call, enum lock_type type)
{
    PyThreadState *ts = tracing_here();
    if (ts == NULL || (type == SEMLOCK && !is_semlock(call->self))) {
        return call_original(call);
    }
    int timed = 0;
    if (!call_is_bare(call)) {
        enum plan plan = type == SEMLOCK ? plan_of_semaphore(call) : plan_of(call);
        if (plan == PASS) {
            return acquire_passing(call, type);
        }
        if (plan == UNCLEAR) {
            return acquire_blocking(call, type, 0, 1);
        }
        timed = plan == TRY_FIRST_TIMED;
    }
    struct entry *entry = lock_entry(call->self, type);
    struct actor *actor = actor_here();
    if (entry == &hidden_entry || actor == NULL) {
        return acquire_hidden(call, actor);
    }
    const int free_now = is_free(entry, type, actor);
    PyObject *result = free_now ? call_original(call) : try_acquire(call->self, type);
    if (__builtin_expect(result == Py_True, 1)) {
        if (__builtin_expect(timed, 0)) {
            actor->manner = FLAG_TIMED;
        }
        record_acquired(entry, type, actor, thread_frame(ts), 1);
        return result;
    }
    if (result == NULL || free_now) {
        return result;
    }
    Py_DECREF(result);
    return acquire_blocking(call, type, timed, 1);
}

HOT PyObject *hook_release(const struct call *call, enum lock_type type, int levels)
{
    struct entry *entry = tracing_here() != NULL ? table_find(call->self) : NULL;
    struct actor *actor = entry != NULL && entry != &hidden_entry ? actor_here() : NULL;
    if (actor == NULL) {
        return call_original(call);
    }
    struct hold *hold = type == SEMLOCK ? semaphore_released(entry, actor)
                        : type == RLOCK ? entry_released_again(entry, actor, levels)
                                        : entry_released(entry, actor, 0);
    PyObject *result = call_original(call);
    if (hold != NULL) {
        if (__builtin_expect(result != NULL, 1)) {
            hold_free(hold);
        } else {
            entry_restore(entry, hold);
        }
    }
    return result;
}

/* How many levels `_acquire_restore` takes back; 0 when its argument is none that we know. */
COLD long restored_depth(const struct call *call)
{
    int single = slots[ACQUIRE_RESTORE_SLOT].method->ml_flags & METH_O;
    PyObject *state = single ? call->args : call_argument(call, 0, "state");
    if (state == NULL || !PyTuple_Check(state) || PyTuple_Size(state) != 2) {
        return 0;
    }
    PyObject *count = PyTuple_GetItem(state, 0);
    long depth = PyLong_CheckExact(count) ? PyLong_AsLong(count) : 0;
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return 0;
    }
    return depth;
}

/* Condition.wait takes its lock back with all its levels. Only a lock that is free can be taken
 * without blocking, by as many acquires as there were levels. */
HOT PyObject *hook_acquire_restore(const struct call *call)
{
    PyThreadState *ts = tracing_here();
    long depth = ts != NULL ? restored_depth(call) : 0;
    if (depth < 1 || depth > 1000) {
        return call_original(call);
    }
    struct entry *entry = lock_entry(call->self, RLOCK);
    struct actor *actor = actor_here();
    if (entry == &hidden_entry || actor == NULL) {
        return call_original(call);
    }
    PyObject *result = try_acquire(call->self, RLOCK);
    if (result != Py_True) {
        if (result == NULL) {
            return NULL;
        }
        Py_DECREF(result);
        return acquire_blocking(call, RLOCK, 0, (int)depth);
    }
    Py_DECREF(result);
    for (long level = 1; level < depth; level++) {
        result = try_acquire(call->self, RLOCK);
        if (result == NULL) {
            return NULL;
        }
        Py_DECREF(result);
    }
    record_acquired(entry, RLOCK, actor, thread_frame(ts), (int)depth);
    Py_INCREF(Py_None);
    return Py_None;
}

HOT PyObject *hook_at_fork_reinit(const struct call *call)
{
    struct entry *entry = tracing_here() != NULL ? table_find(call->self) : NULL;
    if (entry != NULL && entry != &hidden_entry) {
        entry_drop_holds(entry);
    }
    return call_original(call);
}

HOT PyObject *hook_create(const struct call *call, int hidden)
{
    PyObject *lock = call_original(call);
    PyThreadState *ts = lock != NULL ? tracing_here() : NULL;
    if (ts != NULL) {
        if (hidden) {
            if (table_find(lock) == NULL) {
                (void)lock_register(lock, 0, NULL, -1);
            }
        } else {
            lock_created(lock, lock_types[LOCK].kind, ts);
        }
    }
    return lock;
}

/* A SemLock comes from another process, by the name that the operating system knows. */
COLD PyObject *hook_rebuild(const struct call *call)
{
    PyObject *lock = call_original(call);
    PyThreadState *ts = lock != NULL ? tracing_here() : NULL;
    if (ts != NULL && is_semlock(lock)) {
        semlock_created(lock, PERMITS_UNKNOWN, NULL, ts);
    }
    return lock;
}

COLD void semlock_hook(PyObject *module);

/* An extension module has been loaded: `_multiprocessing` may come long after us. */
COLD PyObject *hook_load_module(const struct call *call)
{
    PyObject *result = call_original(call);
    if (result != NULL && tracing_here() != NULL && PyModule_Check(call->args)) {
        PyObject *name = PyModule_GetNameObject(call->args);
        if (name == NULL) {
            PyErr_Clear();
        } else if (PyUnicode_CompareWithASCIIString(name, "_multiprocessing") == 0) {
            semlock_hook(call->args);
        }
        Py_XDECREF(name);
    }
    return result;
}

HOT PyObject *dispatch(const struct call *call, enum lock_type type, enum operation operation)
{
    switch (operation) {
    case ACQUIRE: return hook_acquire(call, type);
    case RELEASE: return hook_release(call, type, 1);
    case RELEASE_SAVE: return hook_release(call, type, ALL_LEVELS);
    case ACQUIRE_RESTORE: return hook_acquire_restore(call);
    case AT_FORK_REINIT: return hook_at_fork_reinit(call);
    case CREATE: return hook_create(call, 0);
    case CREATE_HIDDEN: return hook_create(call, 1);
    case REBUILD: return hook_rebuild(call);
    default: return hook_load_module(call);
    }
}

/* -- one C function for each slot and calling convention */

#define STAMP(N, TYPE, OPERATION, NAME)                                                           \
    static PyObject *plain_##N(PyObject *self, PyObject *args)                                    \
    {                                                                                             \
        struct call call = {NOARGS, slots[N].saved, self, args, NULL, NULL, 0, NULL};             \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *tuple_##N(PyObject *self, PyObject *args)                                    \
    {                                                                                             \
        struct call call = {VARARGS, slots[N].saved, self, args, NULL, NULL, 0, NULL};            \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *keywords_##N(PyObject *self, PyObject *args, PyObject *kwargs)               \
    {                                                                                             \
        struct call call = {VARARGS_KEYWORDS, slots[N].saved, self, args, kwargs, NULL, 0, NULL}; \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *fast_##N(PyObject *self, PyObject *const *vector, Py_ssize_t count)          \
    {                                                                                             \
        struct call call = {FASTCALL, slots[N].saved, self, NULL, NULL, vector, count, NULL};     \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }                                                                                             \
    static PyObject *fast_keywords_##N(PyObject *self, PyObject *const *vector, Py_ssize_t count, \
                                       PyObject *names)                                           \
    {                                                                                             \
        struct call call = {FASTCALL_KEYWORDS, slots[N].saved, self, NULL, NULL, vector, count,   \
                            names};                                                               \
        return dispatch(&call, TYPE, OPERATION);                                                  \
    }
SLOTS(STAMP)
#undef STAMP

#define ROW(N, TYPE, OPERATION, NAME)                                                             \
    {NAME,                                                                                        \
     TYPE,                                                                                        \
     OPERATION,                                                                                   \
     {plain_##N, tuple_##N, (PyCFunction)(void (*)(void))keywords_##N,                            \
      (PyCFunction)(void (*)(void))fast_##N, (PyCFunction)(void (*)(void))fast_keywords_##N}},
static const struct {
    const char *name;
    enum lock_type type;
    enum operation operation;
    PyCFunction hooks[UNKNOWN]; /* by convention */
} SLOT_ROWS[SLOT_COUNT] = {SLOTS(ROW)};
#undef ROW

/* -- life and death of lock objects */

HOT void lock_gone(PyObject *lock)
{
    struct entry *entry = table_remove(lock);
    if (entry != NULL) {
        entry_free(entry);
    }
}

#define STAMP_DEALLOC(TYPE)                                                                       \
    static void dealloc_##TYPE(PyObject *self)                                                    \
    {                                                                                             \
        lock_gone(self);                                                                          \
        lock_types[TYPE].dealloc(self);                                                           \
    }
STAMP_DEALLOC(LOCK)
STAMP_DEALLOC(RLOCK)
STAMP_DEALLOC(SEMLOCK)
#undef STAMP_DEALLOC

#define STAMP_NEW(TYPE)                                                                           \
    static PyObject *new_##TYPE(PyTypeObject *type, PyObject *args, PyObject *kwargs)             \
    {                                                                                             \
        PyObject *lock = lock_types[TYPE].new(type, args, kwargs);                                \
        PyThreadState *ts = lock != NULL ? tracing_here() : NULL;                                 \
        if (ts != NULL) {                                                                         \
            lock_created(lock, lock_types[TYPE].kind, ts);                                        \
        }                                                                                         \
        return lock;                                                                              \
    }
STAMP_NEW(LOCK)
STAMP_NEW(RLOCK)
#undef STAMP_NEW

/* SemLock(kind, value, maxvalue, name, unlink): it forgets the name if it unlinks it. */
static PyObject *new_SEMLOCK(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *lock = lock_types[SEMLOCK].new(type, args, kwargs);
    PyThreadState *ts = lock != NULL ? tracing_here() : NULL;
    if (ts != NULL && is_semlock(lock)) {
        struct call call = {VARARGS_KEYWORDS, NULL, NULL, args, kwargs, NULL, 0, NULL};
        PyObject *value = call_argument(&call, 1, "value"), *name = call_argument(&call, 3, "name");
        int permits = PyLong_CheckExact(value) ? (int)PyLong_AsLong(value) : PERMITS_UNKNOWN;
        semlock_created(lock, permits, PyUnicode_AsUTF8AndSize(name, NULL), ts);
        PyErr_Clear();
    }
    return lock;
}

static const destructor DEALLOC_HOOKS[LOCK_TYPES] = {dealloc_LOCK, dealloc_RLOCK, dealloc_SEMLOCK};
static const newfunc NEW_HOOKS[LOCK_TYPES] = {new_LOCK, new_RLOCK, new_SEMLOCK};

/* Subclasses have copied `tp_new`, and CPython compares the copies with the original. */
COLD void retarget_new(PyTypeObject *type, newfunc from, newfunc to)
{
    if (AT(newfunc, type, TYPE_NEW) == from) {
        AT(newfunc, type, TYPE_NEW) = to;
    }
    PyObject *heirs = PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);
    for (Py_ssize_t i = 0; heirs != NULL && i < PyList_Size(heirs); i++) {
        retarget_new((PyTypeObject *)PyList_GetItem(heirs, i), from, to);
    }
    Py_XDECREF(heirs);
    PyErr_Clear();
}

/* -- finding what is to be hooked */

COLD PyMethodDef *method_of_type(PyTypeObject *type, const char *name)
{
    PyObject *descr = PyObject_GetAttrString((PyObject *)type, name);
    PyMethodDef *method = NULL;
    if (descr == NULL) {
        PyErr_Clear();
    } else if (Py_TYPE(descr) == &PyMethodDescr_Type &&
               AT(PyTypeObject *, descr, DESCR_TYPE) == type) {
        method = AT(PyMethodDef *, descr, DESCR_METHOD);
    }
    Py_XDECREF(descr);
    return method != NULL && strcmp(method->ml_name, name) == 0 ? method : NULL;
}

COLD PyMethodDef *method_of_module(PyObject *module, const char *name)
{
    PyObject *function = PyObject_GetAttrString(module, name);
    PyMethodDef *method = NULL;
    if (function == NULL) {
        PyErr_Clear();
    } else if (Py_TYPE(function) == &PyCFunction_Type) {
        method = AT(PyMethodDef *, function, CFUNCTION_METHOD);
        if (method->ml_meth != PyCFunction_GetFunction(function)) {
            method = NULL;
        }
    }
    Py_XDECREF(function);
    return method;
}

/* `module`: where the slot's function is, if it is no method. */
COLD const char *find_slot(int i, PyObject *module)
{
    int function = SLOT_ROWS[i].operation >= CREATE;
    PyMethodDef *method = function ? method_of_module(module, SLOT_ROWS[i].name)
                                   : method_of_type(lock_types[SLOT_ROWS[i].type].type,
                                                    SLOT_ROWS[i].name);
    if (method == NULL) {
        int optional = function || strstr(SLOT_ROWS[i].name, "_lock") != NULL;
        return optional ? NULL : "a lock type lacks a method that is to be traced";
    }
    enum convention convention = convention_of(method->ml_flags);
    if (convention == UNKNOWN) {
        return "a lock type's method has a calling convention that this build does not know";
    }
    slots[i].method = method;
    slots[i].saved = method->ml_meth;
    slots[i].convention = convention;
    slots[i].hook = SLOT_ROWS[i].hooks[convention];
    return NULL;
}

COLD const char *find_type(enum lock_type i, PyObject *module, const char *name)
{
    PyObject *type = PyObject_GetAttrString(module, name);
    if (type == NULL || !PyType_Check(type)) {
        PyErr_Clear();
        Py_XDECREF(type);
        return "the interpreter has no C type for one of its locks";
    }
    lock_types[i].type = (PyTypeObject *)type;
    lock_types[i].dealloc = (destructor)PyType_GetSlot((PyTypeObject *)type, Py_tp_dealloc);
    lock_types[i].new = (newfunc)PyType_GetSlot((PyTypeObject *)type, Py_tp_new);
    if (AT(destructor, type, TYPE_DEALLOC) != lock_types[i].dealloc ||
        AT(newfunc, type, TYPE_NEW) != lock_types[i].new) {
        return "a lock type is not laid out as expected";
    }
    return NULL;
}

/* The offset of a C member of `type`, or -1. */
COLD Py_ssize_t member_offset(PyTypeObject *type, const char *name)
{
    PyObject *descr = PyObject_GetAttrString((PyObject *)type, name);
    Py_ssize_t offset = -1;
    if (descr == NULL) {
        PyErr_Clear();
    } else if (Py_TYPE(descr) == &PyMemberDescr_Type) {
        offset = AT(PyMemberDef *, descr, DESCR_METHOD)->offset;
    }
    Py_XDECREF(descr);
    return offset;
}

COLD const char *find_semlock_members(PyTypeObject *type)
{
    semlock_members.handle = member_offset(type, "handle");
    semlock_members.kind = member_offset(type, "kind");
    semlock_members.maxvalue = member_offset(type, "maxvalue");
    semlock_members.name = member_offset(type, "name");
    int known = semlock_members.handle > 0 && semlock_members.kind > 0 &&
                semlock_members.maxvalue > 0 && semlock_members.name > 0;
    return known ? NULL : "SemLock is not laid out as expected";
}

COLD void hooks_arm_type(enum lock_type type);

/* Trace SemLock too, if it is as we know it; `module` is `_multiprocessing`. */
COLD void semlock_hook(PyObject *module)
{
    if (lock_types[SEMLOCK].type == NULL) {
        const char *wrong = find_type(SEMLOCK, module, "SemLock");
        if (wrong == NULL) {
            wrong = find_semlock_members(lock_types[SEMLOCK].type);
        }
        for (int i = 0; i < SLOT_COUNT; i++) {
            if (SLOT_ROWS[i].type == SEMLOCK && wrong == NULL) {
                wrong = find_slot(i, (PyObject *)lock_types[SEMLOCK].type);
            }
        }
        if (wrong != NULL || slots[ACQUIRE_SLOT[SEMLOCK]].convention != FASTCALL_KEYWORDS) {
            Py_CLEAR(lock_types[SEMLOCK].type);
            return;
        }
    }
    hooks_arm_type(SEMLOCK);
}

/* Returns why the lock types cannot be hooked, or NULL. Changes nothing in them. */
COLD const char *find_hooks(void)
{
    PyObject *module = PyImport_ImportModule("_thread"), *imp = PyImport_ImportModule("_imp");
    if (module == NULL || imp == NULL) {
        PyErr_Clear();
        return "there is no _thread module";
    }
    const char *wrong = find_type(LOCK, module, "LockType");
    if (wrong == NULL) {
        wrong = find_type(RLOCK, module, "RLock");
    }
    for (int i = 0; wrong == NULL && i < SLOT_COUNT; i++) {
        if (SLOT_ROWS[i].type != SEMLOCK) {
            wrong = find_slot(i, SLOT_ROWS[i].operation == LOAD_MODULE ? imp : module);
        }
    }
    for (int type = 0; wrong == NULL && type < SEMLOCK; type++) {
        enum convention convention = slots[ACQUIRE_SLOT[type]].convention;
        if (convention != VARARGS_KEYWORDS && convention != FASTCALL_KEYWORDS) {
            wrong = "acquire has a calling convention that this build does not know";
        }
    }
    Py_DECREF(module);
    Py_DECREF(imp);
    return wrong;
}

COLD void hooks_arm_type(enum lock_type type)
{
    for (int i = 0; i < SLOT_COUNT; i++) {
        if (SLOT_ROWS[i].type == type && slots[i].method != NULL) {
            slots[i].method->ml_meth = slots[i].hook;
        }
    }
    AT(destructor, lock_types[type].type, TYPE_DEALLOC) = DEALLOC_HOOKS[type];
    if (lock_types[type].new != NULL) {
        retarget_new(lock_types[type].type, lock_types[type].new, NEW_HOOKS[type]);
    }
}

COLD void hooks_arm(void)
{
    hooks_arm_type(LOCK);
    hooks_arm_type(RLOCK);
    armed = 1;
    PyObject *semlock_module = /* borrowed */
        PyDict_GetItemString(PyImport_GetModuleDict(), "_multiprocessing");
    if (semlock_module != NULL) {
        semlock_hook(semlock_module);
    }
}

COLD void hooks_disarm(void)
{
    armed = 0;
    for (int i = 0; i < SLOT_COUNT; i++) {
        if (slots[i].method != NULL && slots[i].method->ml_meth == slots[i].hook) {
            slots[i].method->ml_meth = slots[i].saved;
        }
    }
    for (int i = 0; i < LOCK_TYPES && lock_types[i].type != NULL; i++) {
        if (AT(destructor, lock_types[i].type, TYPE_DEALLOC) == DEALLOC_HOOKS[i]) {
            AT(destructor, lock_types[i].type, TYPE_DEALLOC) = lock_types[i].dealloc;
        }
        if (lock_types[i].new != NULL) {
            retarget_new(lock_types[i].type, NEW_HOOKS[i], lock_types[i].new);
        }
    }
}

/* Without the dealloc hook an address says nothing: forget every lock known by one. */
COLD void hooks_forget_locks(void)
{
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        for (struct wait *wait = actor->waits; wait != NULL; wait = wait->next) {
            if (wait->entry != NULL && wait->entry->lock != NULL) {
                wait->entry = NULL;
            }
        }
    }
    for (size_t i = 0; i < table_size; i++) {
        if (table[i].lock != NULL) {
            entry_free(table[i].entry);
            table[i] = (struct slot){NULL, NULL};
        }
    }
    table_used = 0;
    (void)table_resize(TABLE_MIN);
}

#endif
