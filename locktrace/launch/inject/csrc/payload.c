/* What is loaded into a running Python: starts a thread that runs one script there.
 *
 * It is linked with the C library only. The functions of the interpreter that it calls are
 * found from outside and come as addresses, so one binary serves every CPython, with a shared
 * libpython or without. When the script has run and the command has heard of it, the thread gives
 * the shared memory back and unloads this library under its own feet: see `visit_run`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* The states and the layout are those of locktrace/launch/inject/visit.py. */
enum { ON_ITS_WAY, RUNNING, DONE, FAILED, CANCELLED, NO_INTERPRETER };
enum { GO_ON, CANCEL, HEARD };
enum { HEARD_POLL_NS = 1000000, HEARD_POLLS = 2000 };

struct visit {
    uint32_t state; /* written here */
    uint32_t word;  /* written by the command */
    uint64_t size;  /* of this mapping */
    void *handle;   /* what dlopen gave for this library */
    int (*is_initialized)(void);
    int (*gil_ensure)(void);
    void (*gil_release)(int);
    void *(*dict_new)(void);
    int (*dict_set_item_string)(void *dict, const char *key, void *value);
    void *(*get_builtins)(void);
    void *(*memory_view)(char *memory, intptr_t size, int flags);
    void *(*compile_string)(const char *source, const char *file, int start);
    void *(*eval_code)(void *code, void *globals, void *locals);
    void (*decref)(void *object);
    void (*clear_error)(void);
    const char *script;
    const char *script_name;
};

enum { PY_FILE_INPUT = 257, PY_BUF_WRITE = 0x200 };

static uint32_t load(uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }
static void store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }

/* Owns all that it makes; the script sets `state` itself when it is through. */
static int evaluate(struct visit *visit)
{
    void *globals = visit->dict_new();
    void *view = visit->memory_view((char *)visit, (intptr_t)visit->size, PY_BUF_WRITE);
    void *code = visit->compile_string(visit->script, visit->script_name, PY_FILE_INPUT);
    void *result = NULL;
    if (globals != NULL && view != NULL && code != NULL &&
        visit->dict_set_item_string(globals, "__builtins__", visit->get_builtins()) == 0 &&
        visit->dict_set_item_string(globals, "VISIT", view) == 0) {
        result = visit->eval_code(code, globals, globals);
    }
    if (result == NULL) {
        visit->clear_error();
    }
    void *made[] = {result, code, view, globals};
    for (int i = 0; i < 4; i++) {
        if (made[i] != NULL) {
            visit->decref(made[i]);
        }
    }
    return result != NULL;
}

static void run_script(struct visit *visit)
{
    if (!visit->is_initialized()) {
        store(&visit->state, NO_INTERPRETER);
        return;
    }
    int gil = visit->gil_ensure(); /* for as long as a C call keeps it */
    store(&visit->state, RUNNING);
    /* The command cancels first and reads the state then: one of us sees the other. */
    if (load(&visit->word) == CANCEL) {
        store(&visit->state, CANCELLED);
    } else if (!evaluate(visit) || load(&visit->state) == RUNNING) {
        store(&visit->state, FAILED);
    }
    visit->gil_release(gil);
}

/* The program's signals reach the threads that they reached before. */
static void block_signals(void)
{
    const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t blocked;
    sigfillset(&blocked);
    for (int i = 0; i < 5; i++) {
        sigdelset(&blocked, faults[i]);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, NULL);
}

static void await_heard(struct visit *visit)
{
    const struct timespec pause = {0, HEARD_POLL_NS};
    for (int i = 0; i < HEARD_POLLS && load(&visit->word) == GO_ON; i++) {
        nanosleep(&pause, NULL);
    }
}

/* dlclose is called as the last thing in a tail call: it returns to the C library's own start of a
 * thread, as there is nothing left here to return to. */
static void *visit_run(void *argument)
{
    struct visit *visit = argument;
    void *handle = visit->handle;
    void *(*unload)(void *);
    *(void **)&unload = (void *)dlclose; /* the same return type, else it would be no tail call */
    block_signals();
    run_script(visit);
    await_heard(visit);
    munmap(visit, visit->size);
    return unload(handle);
}

/* Called on a borrowed thread of the program; 0, or the errno of there being no thread. */
__attribute__((visibility("default"))) int locktrace_visit(struct visit *visit)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int wrong = pthread_create(&thread, &attributes, visit_run, visit);
    pthread_attr_destroy(&attributes);
    return wrong;
}
