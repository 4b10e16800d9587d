/* The lock types' own methods, replaced in their method tables: every lock of the process is
 * traced, with its type, its repr and everything else as it was. Here they are put in and out.
 */
#ifndef LOCKTRACE_HOOKS_H
#define LOCKTRACE_HOOKS_H

#include "discovery.h"

static PyObject *subclasses; /* owned; `type.__subclasses__` itself, for a metaclass may have another */

/* Subclasses have copied `tp_new`, and CPython compares the copies with the original. */
COLD void retarget_new(PyTypeObject *type, newfunc from, newfunc to)
{
    if (AT(newfunc, type, TYPE_NEW) == from) {
        AT(newfunc, type, TYPE_NEW) = to;
    }
    PyObject *heirs = PyObject_CallFunctionObjArgs(subclasses, type, NULL);
    for (Py_ssize_t i = 0; heirs != NULL && i < PyList_Size(heirs); i++) {
        retarget_new((PyTypeObject *)PyList_GetItem(heirs, i), from, to);
    }
    Py_XDECREF(heirs);
    PyErr_Clear();
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

COLD void hooks_arm(void)
{
    hooks_arm_type(LOCK);
    hooks_arm_type(RLOCK);
    armed = 1;
    armings++;
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
        /* a thread that has ended inside a wait has taken the record with it */
        int gone = actor->name == NULL && atomic_load(&actor->ended);
        struct wait *wait = gone ? NULL : actor->waits;
        for (; wait != NULL; wait = wait->next) {
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
