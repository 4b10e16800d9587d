/* The names of lock kinds (`Lock`, `Condition`, ...): an entry has the index of its own. */
#ifndef LOCKTRACE_KINDS_H
#define LOCKTRACE_KINDS_H

#include "compat.h"

enum { MAX_KINDS = 255 };
static PyObject *kinds[MAX_KINDS + 1]; /* owned, str; index 0 is unused */

/* Index of `kind` in `kinds`, which keeps it; the last one stands for all that do not fit. */
COLD uint8_t kind_index(PyObject *kind)
{
    int i = 1;
    for (; i < MAX_KINDS && kinds[i] != NULL; i++) {
        if (PyUnicode_Compare(kinds[i], kind) == 0) {
            return (uint8_t)i;
        }
    }
    if (kinds[i] == NULL) {
        Py_INCREF(kind);
        kinds[i] = kind;
    }
    return (uint8_t)i;
}

#endif
