/* Finding what is to be hooked, and refusing what is not as we know it. Changes nothing of
 * the interpreter's.
 */
#ifndef LOCKTRACE_DISCOVERY_H
#define LOCKTRACE_DISCOVERY_H

#include "stamps.h"

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
    if (wrong == NULL) {
        direct_prove(LOCK, module, "allocate_lock");
        direct_prove(RLOCK, module, "RLock");
    }
    Py_DECREF(module);
    Py_DECREF(imp);
    return wrong;
}

#endif
