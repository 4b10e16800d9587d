/* What differs between CPython 3.11 and 3.15, and nothing else does.
 *
 * Everything here was learnt from the public sources of each version. A version that is not
 * in the table, or an interpreter that does not pass the checks, is refused: then the Python
 * core serves. Only the holder of the GIL may call these functions.
 */
#ifndef LOCKTRACE_COMPAT_H
#define LOCKTRACE_COMPAT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <Python.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The interpreter's own functions, not the inlined macros of 3.11: those count on None, True and
 * code in read-only memory too, which from 3.12 on are immortal and must not be counted. */
#undef Py_INCREF
#undef Py_XINCREF
#undef Py_DECREF
#undef Py_XDECREF
#define Py_INCREF(object) Py_IncRef((PyObject *)(object))
#define Py_XINCREF(object) Py_IncRef((PyObject *)(object))
#define Py_DECREF(object) Py_DecRef((PyObject *)(object))
#define Py_XDECREF(object) Py_DecRef((PyObject *)(object))

/* Exported by every version, and declared to the limited API by later ones only. */
typedef PyObject *(*vector_function)(PyObject *, PyObject *const *, size_t, PyObject *);
extern PyObject *PyObject_Vectorcall(PyObject *, PyObject *const *, size_t, PyObject *);
extern PyObject *PyVectorcall_Call(PyObject *, PyObject *, PyObject *);
#define VECTORCALL_OFFSET ((size_t)1 << (8 * sizeof(size_t) - 1))
#define TPFLAGS_HAVE_VECTORCALL (1UL << 11)

#define HOT static inline __attribute__((always_inline))
#define COLD static __attribute__((noinline, unused))
#define AT(type, base, offset) (*(type *)((char *)(base) + (offset)))

/* What different threads write is kept in lines of its own: one that another core has written last
 * takes as long to come as everything that we record. */
enum { LINE_BYTES = 64 };

/* `bytes` of memory that begin with a line, to be freed by `free`; or NULL. */
HOT void *line_alloc(size_t bytes)
{
    return aligned_alloc(LINE_BYTES, (bytes + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1));
}

/* Byte offsets, 64-bit. `ts_` thread state, `f_` interpreter frame, `code_` code object. */
struct layout {
    int minor;
    int ts_interp;
    int ts_frame;   /* the current frame, or the C frame it is reached through */
    int via_cframe; /* where the C frame has the current frame; -1: there is none */
    int f_code;
    int f_previous;
    int f_instr;
    int f_owner;
    int f_localsplus;
    int code_bytes;
};

static const struct layout LAYOUTS[] = {
    {11, 16, 56, 8, 32, 48, 56, 69, 72, 184},
    {12, 16, 56, 0, 0, 8, 56, 70, 72, 192},
    {13, 16, 72, -1, 0, 8, 56, 70, 72, 200},
    {14, 16, 72, -1, 0, 8, 56, 74, 80, 208},
    {15, 16, 72, -1, 0, 8, 56, 74, 80, 208},
};

/* The same in every version: PyFrameObject, PyMethodDescrObject, PyCFunctionObject, PyTypeObject. */
enum { FRAME_OBJECT_F_FRAME = 24 };
enum { DESCR_TYPE = 16, DESCR_METHOD = 40 };
enum { CFUNCTION_METHOD = 16 };
enum { TYPE_DEALLOC = 48, TYPE_NEW = 312 };
enum { CALLABLE_SELF = 24 }; /* of PyCFunctionObject and PyMethodObject */
enum { LAST_RUNNING_OWNER = 1 }; /* a thread's or a generator's frame, not one that has returned */
enum { FIRST_SHIM_OWNER = 3 }; /* frames with this owner or a higher one run no Python code */
#define CODE_TAG_MASK (~(uintptr_t)7)

static struct layout layout;

HOT int frame_is_shim(void *frame) { return AT(uint8_t, frame, layout.f_owner) >= FIRST_SHIM_OWNER; }
HOT void *frame_previous(void *frame) { return AT(void *, frame, layout.f_previous); }
HOT uintptr_t frame_instr(void *frame) { return AT(uintptr_t, frame, layout.f_instr); }

/* Borrowed: the frame keeps its code. */
HOT PyObject *frame_code(void *frame)
{
    return (PyObject *)(AT(uintptr_t, frame, layout.f_code) & CODE_TAG_MASK);
}

/* Bytes from the code's first instruction, as `f_lasti`. */
HOT int instr_offset(PyObject *code, uintptr_t instr)
{
    intptr_t offset = (intptr_t)(instr - (uintptr_t)code) - layout.code_bytes;
    return offset > 0 ? (int)offset : 0;
}

HOT void *skip_shims(void *frame)
{
    while (frame != NULL && frame_is_shim(frame)) {
        frame = frame_previous(frame);
    }
    return frame;
}

/* The innermost Python frame of the thread that runs. */
HOT void *thread_frame(PyThreadState *ts)
{
    void *frame = AT(void *, ts, layout.ts_frame);
    if (layout.via_cframe >= 0) {
        frame = AT(void *, frame, layout.via_cframe);
    }
    return skip_shims(frame);
}

HOT void *thread_interp(PyThreadState *ts) { return AT(void *, ts, layout.ts_interp); }

/* The interpreter frame behind a frame object. */
HOT void *object_frame(PyObject *frame) { return skip_shims(AT(void *, frame, FRAME_OBJECT_F_FRAME)); }

/* -- value stacks: only of a frame whose thread does not run, which the GIL's holder may read */

/* How many of a frame's slots, its variables included, are in use; -1 where that is not written
 * down: before 3.14 only a call of a Python function and a `yield` do. */
HOT int frame_saved_slots(void *frame)
{
    const int at = layout.f_instr + (int)sizeof(void *);
    if (layout.minor < 14) {
        return AT(int, frame, at);
    }
    return (int)((AT(char *, frame, at) - (char *)frame - layout.f_localsplus) / (long)sizeof(void *));
}

/* Borrowed; NULL: nothing, or from 3.14 on an integer of the interpreter's own. */
HOT PyObject *frame_slot(void *frame, int index)
{
    uintptr_t bits = AT(uintptr_t, frame, layout.f_localsplus + index * (int)sizeof(void *));
    if (layout.minor >= 14) {
        bits = (bits & 2) ? 0 : bits & ~(uintptr_t)3;
    }
    return (PyObject *)bits;
}

/* The callable's slot is the first of a call's, or the second where the first is empty. */
HOT int callable_comes_first(void) { return layout.minor >= 13; }

/* From 3.14 on a `with` keeps the manager itself, and its exit method below. */
HOT int managers_are_kept(void) { return layout.minor >= 14; }

/* An object that is being deallocated has no references left, wherever the count is kept. */
HOT int is_alive(PyObject *object) { return AT(uint32_t, object, 0) != 0; }

/* -- lock objects: `_thread.lock` and `_thread.RLock` */

enum { LOCK_MUTEX = 16, LOCK_LOCKED = 32, RLOCK_OWNER = 24, RLOCK_COUNT = 32, MUTEX_LOCKED = 1 };

/* From 3.14 on the mutex is a byte in the object, before that a lock of the thread library's. */
HOT int mutex_is_a_byte(void) { return layout.minor >= 14; }

COLD int lock_size(void) { return mutex_is_a_byte() ? 24 : 40; }
COLD int rlock_size(void) { return mutex_is_a_byte() ? 40 : 48; }

/* -- threads */

extern PyThreadState *PyInterpreterState_ThreadHead(PyInterpreterState *);
extern PyThreadState *PyThreadState_Next(PyThreadState *);
extern PyFrameObject *PyThreadState_GetFrame(PyThreadState *);

enum { THREAD_STATE_WORDS = 48 };

/* Where a thread state has the thread's ident, and behind it the OS's id; -1: not found. */
COLD int find_thread_ids(PyThreadState *ts, unsigned long ident, unsigned long native_id)
{
    for (int word = 1; word + 1 < THREAD_STATE_WORDS; word++) {
        const int at = word * (int)sizeof(unsigned long);
        if (AT(unsigned long, ts, at) == ident &&
            AT(unsigned long, ts, at + (int)sizeof(unsigned long)) == native_id) {
            return at;
        }
    }
    return -1;
}

/* -- checks at load time */

/* From 3.13 on the interpreter publishes its offsets. They lie in runs of 64-bit words whose
 * place moves between versions, so we ask that the runs we rely on be there. */
COLD int offsets_published(const uint64_t *words, int count, const uint64_t *run, int length)
{
    for (int at = 0; at + length <= count; at++) {
        if (memcmp(words + at, run, length * sizeof *run) == 0) {
            return 1;
        }
    }
    return 0;
}

COLD const char *check_published(const struct layout *known)
{
    const char *runtime = dlsym(RTLD_DEFAULT, "_PyRuntime");
    if (runtime == NULL || memcmp(runtime, "xdebugpy", 8) != 0) {
        return "the interpreter does not publish its frame offsets";
    }
    const uint64_t *words = (const uint64_t *)runtime;
    if ((words[1] >> 16) != (0x300u | (unsigned)known->minor)) {
        return "the interpreter publishes the offsets of another version";
    }
    if (words[2] != 0) {
        return "free-threaded builds are not supported yet";
    }
    uint64_t thread[] = {known->ts_interp, known->ts_frame};
    uint64_t frame[] = {known->f_previous, known->f_code, known->f_instr, known->f_localsplus,
                        known->f_owner};
    if (!offsets_published(words, 96, thread, 2) || !offsets_published(words, 96, frame, 5)) {
        return "the interpreter publishes frame offsets that this build does not know";
    }
    return NULL;
}

/* One frame as the interpreter's public face shows it against what we read. */
COLD const char *check_frame(PyObject *object, void *frame)
{
    const char *wrong = NULL;
    PyObject *code = (PyObject *)PyFrame_GetCode((PyFrameObject *)object);
    PyObject *lasti = PyObject_GetAttrString(object, "f_lasti");
    if (lasti == NULL) {
        PyErr_Clear();
        wrong = "a frame does not say where it is";
    } else if (object_frame(object) != frame) {
        wrong = "a frame is not where it is expected";
    } else if (frame_code(frame) != code) {
        wrong = "a frame's code is not where it is expected";
    } else if (PyLong_AsLong(lasti) != instr_offset(code, frame_instr(frame))) {
        wrong = "a frame's instruction is not where it is expected";
    }
    Py_DECREF(code);
    Py_XDECREF(lasti);
    return wrong;
}

/* Walk the calling thread's stack both ways. */
COLD const char *check_walk(void)
{
    PyObject *object = (PyObject *)PyEval_GetFrame();
    void *frame = thread_frame(PyThreadState_Get());
    const char *wrong = object == NULL ? "no Python frame to check the offsets with" : NULL;
    Py_XINCREF(object);
    for (int steps = 0; object != NULL && object != Py_None && steps < 16; steps++) {
        wrong = frame == NULL ? "the stack is shorter than expected" : check_frame(object, frame);
        if (wrong != NULL) {
            break;
        }
        PyObject *outer = PyObject_GetAttrString(object, "f_back");
        Py_DECREF(object);
        object = outer;
        frame = skip_shims(frame_previous(frame));
        if (frame != NULL && object != NULL && object != Py_None && object_frame(object) != frame) {
            frame = skip_shims(frame_previous(frame)); /* a trampoline: see code_is_trampoline */
        }
    }
    PyErr_Clear();
    Py_XDECREF(object);
    return wrong;
}

/* Sets `layout`; returns why this interpreter is refused, or NULL. */
COLD const char *choose_layout(void)
{
    if (sizeof(void *) != 8) {
        return "only 64-bit interpreters are supported";
    }
    int minor = (int)((Py_Version >> 16) & 0xff);
    if ((Py_Version >> 24) != 3) {
        return "only CPython 3 is supported";
    }
    for (size_t i = 0; i < sizeof LAYOUTS / sizeof *LAYOUTS; i++) {
        if (LAYOUTS[i].minor == minor) {
            const char *wrong = minor >= 13 ? check_published(&LAYOUTS[i]) : NULL;
            if (wrong != NULL) {
                return wrong;
            }
            layout = LAYOUTS[i];
            return check_walk();
        }
    }
    return "this build knows CPython 3.11 to 3.15 only";
}

#endif
