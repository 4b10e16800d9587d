/* Actors: the threads that have touched a lock, and the tasks that a primitive has told of.
 *
 * A thread finds its actor in thread-local storage. When the thread ends, a destructor marks
 * the actor ended; it runs without the GIL and does that only. The actor is freed, under the
 * GIL, once no hold, no wait and no handle names it.
 *
 * A thread that somebody waits for before it has touched a lock is foretold: it finds the actor
 * that was made for it when it comes.
 */
#ifndef LOCKTRACE_ACTORS_H
#define LOCKTRACE_ACTORS_H

#include "entries.h"
#include "events.h"
#include "ids.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

struct hold;
struct wait;
struct scope;

enum { MAX_UNTOLD = 4096 };

/* What an acquire and release need comes first, in a cache line of the actor's own. */
struct actor {
    struct hold *spare_holds; /* owned */
    struct wait *waits;       /* newest first */
    struct wait *spare_wait;  /* owned; or NULL */
    PyObject *label;          /* owned, tuple (id, text); NULL: none */
    uint32_t label_id;
    uint32_t id;
    uint32_t named;   /* by how many holds, waits, scopes and handles */
    uint32_t waiting; /* how many waits */
    uint8_t spare_hold_count;
    uint8_t manner;   /* FLAG_TIMED or FLAG_TRY, if the acquire to be told next gives up by itself */
    uint8_t told;     /* observers know that it has ended */
    uint8_t foretold; /* its thread has not come yet */
    atomic_bool ended;
    uint32_t native_id;
    unsigned long ident; /* as `threading.get_ident` */
    struct actor *next;
    PyObject *name;     /* owned, str; of a task, NULL: a thread, whose name `threading` knows */
    struct scope *scopes; /* what it builds, innermost first: see `handles.h` */
};

static struct actor *actors;
static uint32_t actors_left_at_sweep;
static uint32_t foretold_actors;
static pthread_key_t actor_key;
static __thread struct actor *actor_of_thread __attribute__((tls_model("initial-exec")));

static void thread_ended(void *actor)
{
    actor_of_thread = NULL;
    atomic_store(&((struct actor *)actor)->ended, 1);
}

static size_t living_ids(uint32_t *ids)
{
    size_t count = 0;
    FOR_EACH_ENTRY(entry)
    {
        if (ids != NULL) {
            ids[count] = entry->id;
        }
        count++;
    }
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        if (ids != NULL) {
            ids[count] = actor->id;
        }
        count++;
    }
    return count;
}

static void free_spare_holds(struct actor *actor);
static void free_spare_wait(struct actor *actor);

/* Tuples and handles go, no foreign code. */
COLD void actor_free(struct actor *actor)
{
    foretold_actors -= actor->foretold;
    Py_XDECREF(actor->label);
    Py_XDECREF(actor->name);
    free_spare_holds(actor);
    free_spare_wait(actor);
    free(actor);
}

/* Free the actors that have ended and hold nothing. Observers are to hear of them first, and of their
 * names with that, if they do not come by thousands. */
COLD void sweep_actors(void)
{
    uint32_t left = 0, untold = 0;
    for (struct actor **at = &actors; *at != NULL;) {
        struct actor *actor = *at;
        int goes = atomic_load(&actor->ended) && actor->named == 0;
        if (goes && listening() && !actor->told && untold < MAX_UNTOLD) {
            untold++;
            goes = 0;
        }
        if (goes) {
            *at = actor->next;
            actor_free(actor);
        } else {
            left++;
            at = &actor->next;
        }
    }
    actors_left_at_sweep = left;
}

/* A new actor in the list, or NULL. */
COLD struct actor *actor_add(unsigned long ident, uint32_t native_id)
{
    static uint32_t since_sweep;
    if (++since_sweep > actors_left_at_sweep + 16) {
        since_sweep = 0;
        sweep_actors();
    }
    struct actor *actor = line_alloc(sizeof *actor);
    if (actor != NULL) {
        memset(actor, 0, sizeof *actor);
        actor->ident = ident;
        actor->native_id = native_id;
        actor->id = next_id();
        actor->next = actors;
        actors = actor;
    }
    return actor;
}

/* The living thread's actor, or NULL. */
COLD struct actor *actor_of(unsigned long ident, uint32_t native_id)
{
    for (struct actor *actor = actors; actor != NULL; actor = actor->next) {
        if (actor->ident == ident && actor->native_id == native_id && actor->name == NULL &&
            !atomic_load(&actor->ended)) {
            return actor;
        }
    }
    return NULL;
}

/* The actor of another thread, made for it where there is none; NULL: there is no memory. */
COLD struct actor *actor_foretell(unsigned long ident, uint32_t native_id)
{
    struct actor *actor = actor_of(ident, native_id);
    if (actor == NULL && (actor = actor_add(ident, native_id)) != NULL) {
        actor->foretold = 1;
        foretold_actors++;
    }
    return actor;
}

/* It has come: see `found.h`. */
static void actor_came(struct actor *actor);

COLD struct actor *actor_new(void)
{
    unsigned long ident = PyThread_get_thread_ident();
    uint32_t native_id = (uint32_t)syscall(SYS_gettid);
    struct actor *actor = foretold_actors > 0 ? actor_of(ident, native_id) : NULL;
    if (actor == NULL) {
        actor = actor_add(ident, native_id);
    }
    if (actor == NULL) {
        return NULL;
    }
    foretold_actors -= actor->foretold;
    actor->foretold = 0;
    if (pthread_setspecific(actor_key, actor) != 0) {
        atomic_store(&actor->ended, 1); /* never found again: the next sweep frees it */
        return NULL;
    }
    actor_of_thread = actor;
    if (actor->waits != NULL) {
        actor_came(actor);
    }
    return actor;
}

/* The calling thread; NULL when there is no memory. */
HOT struct actor *actor_here(void)
{
    struct actor *actor = actor_of_thread;
    return __builtin_expect(actor != NULL, 1) ? actor : actor_new();
}

#endif
