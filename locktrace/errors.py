"""Errors that end a command: one sentence for the person, one documented exit code."""

from __future__ import annotations


class LocktraceError(Exception):
    """Says in one sentence what went wrong and, where there is one, the remedy."""

    exit_code = 1


class UsageError(LocktraceError):
    """An option, a path, a rule's name or the configuration is wrong."""

    exit_code = 2


class NoSuchProcessError(LocktraceError):
    """No process has this pid, or the pid now belongs to another process."""

    exit_code = 3


class NotPermittedError(LocktraceError):
    """The process is somebody else's."""

    exit_code = 4


class NotTracedError(LocktraceError):
    """The process is there but has no agent in it."""

    exit_code = 5


class TargetLostError(LocktraceError):
    """The target or its agent went away, or spoke something we do not understand."""

    exit_code = 6


class TargetEndedError(TargetLostError):
    """The target has exited and its agent said goodbye: its last picture is complete."""


class CannotSaveError(LocktraceError):
    """A snapshot or report could not be written."""

    exit_code = 7


class UnsupportedTargetError(LocktraceError):
    """The process is no Python that can be entered: another program, PyPy, too old, too new."""

    exit_code = 8


class CannotEnterError(LocktraceError):
    """The agent could not be brought into the process, as that stands now."""

    exit_code = 9


class GilKeptError(CannotEnterError):
    """A C call keeps the GIL of the process."""


class KernelViewError(LocktraceError):
    """The kernel's view cannot be had on this machine, or its engine has died."""

    exit_code = 10


class EngineLostError(TargetLostError):
    """The engine of the kernel's view has died; the target may live on."""

    exit_code = KernelViewError.exit_code
