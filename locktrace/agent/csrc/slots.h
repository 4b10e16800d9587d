/* What is hooked: the methods and functions of the lock types, each with its place in our table,
 * and the types themselves.
 *
 * `saved` pointers are never cleared, so a call that is under way, or that somebody has bound
 * before, goes on working after `disarm`.
 */
#ifndef LOCKTRACE_SLOTS_H
#define LOCKTRACE_SLOTS_H

#include "call.h"

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
static uint32_t armings; /* how often we have been */
static void *our_interp; /* the tables serve every interpreter of the process, we serve this one */
static PyObject *args_nonblocking; /* (False,) */

#endif
