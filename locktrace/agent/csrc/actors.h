/* Actors: the threads that have touched a lock.
 *
 * A thread finds its actor in thread-local storage. When the thread ends, a destructor marks
 * the actor ended; it runs without the GIL and does that only. The actor is freed, under the
 * GIL, once no hold and no wait names it.
 */
#ifndef LOCKTRACE_ACTORS_H
#define LOCKTRACE_ACTORS_H

#include "entries.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

struct wait;

struct actor {
    struct actor *next;
    unsigned long ident; /* as `threading.get_ident` */
    uint32_t id;
    uint32_t native_id;
    PyObject *label;    /* owned, tuple (id, text); NULL: none */
    PyObject *building; /* owned; what it constructs, see Recorder.build; NULL: nothing */
    struct wait *waits; /* newest first */
    uint32_t named;     /* by how many holds and waits */
    uint32_t label_id;
    atomic_bool ended;
    uint8_t told; /* observers know that it has ended */
};

static struct actor *actors;
static uint32_t actors_living_at_sweep;
static pthread_key_t actor_key;
static uint32_t last_id; /* of locks and actors: 32 bits on the wire */
static __thread struct actor *actor_of_thread __attribute__((tls_model("initial-exec")));

static void thread_ended(void *actor)
{
    actor_of_thread = NULL;
    atomic_store(&((struct actor *)actor)->ended, 1);
}

/* An id for a lock or an actor; 0 means none. */
HOT uint32_t next_id(void)
{
    if (++last_id == 0) {
        last_id = 1;
    }
    return last_id;
}

/* Free the actors that have ended and hold nothing. Tuples and handles go, no foreign code. */
COLD void sweep_actors(void)
{
    uint32_t living = 0;
    for (struct actor **at = &actors; *at != NULL;) {
        struct actor *actor = *at;
        if (atomic_load(&actor->ended) && actor->named == 0 && actor->building == NULL) {
            *at = actor->next;
            Py_XDECREF(actor->label);
            free(actor);
        } else {
            living++;
            at = &actor->next;
        }
    }
    actors_living_at_sweep = living;
}

COLD struct actor *actor_new(void)
{
    static uint32_t since_sweep;
    if (++since_sweep > actors_living_at_sweep + 16) {
        since_sweep = 0;
        sweep_actors();
    }
    struct actor *actor = calloc(1, sizeof *actor);
    if (actor == NULL || pthread_setspecific(actor_key, actor) != 0) {
        free(actor);
        return NULL;
    }
    actor->ident = PyThread_get_thread_ident();
    actor->native_id = (uint32_t)syscall(SYS_gettid);
    actor->id = next_id();
    actor->next = actors;
    actors = actor;
    actor_of_thread = actor;
    return actor;
}

/* The calling thread; NULL when there is no memory. */
HOT struct actor *actor_here(void)
{
    struct actor *actor = actor_of_thread;
    return __builtin_expect(actor != NULL, 1) ? actor : actor_new();
}

#endif
