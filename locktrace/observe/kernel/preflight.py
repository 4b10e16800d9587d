"""Whether the kernel can be asked on this machine; if not, one sentence that says what helps."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from locktrace.errors import KernelViewError, NotPermittedError
from locktrace.snapshots.bounded import OutOfBoundsError, run_bounded

OLDEST = (0, 17)
VERSION_S = 20.0
TRACEFS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
LOCKDOWN = Path("/sys/kernel/security/lockdown")
_SYS_ADMIN, _PERFMON, _BPF = 21, 38, 39


def check() -> str:
    """The path of a bpftrace that will do; NotPermittedError or KernelViewError otherwise."""
    program = shutil.which("bpftrace")
    if program is None:
        raise KernelViewError(
            "the kernel's view needs bpftrace, which was not found: Debian's package is bpftrace"
        )
    _check_rights()
    _check_lockdown()
    _check_version(program)
    _check_tracepoints()
    return program


def _check_rights() -> None:
    if _may_trace(_capabilities()):
        return
    if os.geteuid() == 0:  # as in most containers
        raise NotPermittedError(
            "the kernel's view needs the capabilities CAP_BPF and CAP_PERFMON, which root does not "
            "have here; a container gets them by `--cap-add BPF --cap-add PERFMON`"
        )
    raise NotPermittedError(
        "the kernel's view needs root, or the capabilities CAP_BPF and CAP_PERFMON"
    )


def _check_lockdown() -> None:
    with contextlib.suppress(OSError):
        if "[confidentiality]" in LOCKDOWN.read_text():
            raise KernelViewError(
                "this kernel is locked down (confidentiality), so it may not be asked by eBPF"
            )


def _may_trace(capabilities: int) -> bool:
    has = [bool(capabilities >> bit & 1) for bit in (_SYS_ADMIN, _PERFMON, _BPF)]
    return has[0] or (has[1] and has[2])


def _capabilities() -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.MULTILINE)
    return int(found.group(1), 16) if found else 0


def _check_version(program: str) -> None:
    try:
        told = run_bounded([program, "--version"], timeout=VERSION_S, most_bytes=10_000).output
    except (OSError, OutOfBoundsError) as error:
        raise KernelViewError(f"{program} cannot be used ({error})") from None
    found = re.search(rb"v(\d+)\.(\d+)", told)
    if found is None:
        raise KernelViewError(f"{program} does not say which version of bpftrace it is")
    version = int(found.group(1)), int(found.group(2))
    if version < OLDEST:
        raise KernelViewError(
            f"bpftrace {version[0]}.{version[1]} is too old for the kernel's view, "
            f"which needs {OLDEST[0]}.{OLDEST[1]} or newer"
        )


def _check_tracepoints() -> None:
    events = next((root / "events" for root in TRACEFS if (root / "events").is_dir()), None)
    if events is None:
        raise KernelViewError(
            f"tracefs is not mounted: `mount -t tracefs tracefs {TRACEFS[0]}` mounts it"
        )
    missing = [
        name
        for name in ("syscalls/sys_enter_futex", "sched/sched_waking")
        if not (events / name).is_dir()
    ]
    if missing:
        raise KernelViewError(
            f"this kernel has no tracepoint {missing[0]} (it wants CONFIG_FTRACE_SYSCALLS)"
        )
