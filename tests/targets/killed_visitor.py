"""Enters a process again and again, and is killed by SIGKILL at each step while it has a thread
of that borrowed; says how often.

The argument is the pid. A step is a request by which the borrowed thread goes on.
"""

import os
import signal
import sys

from locktrace.launch.inject import ptrace
from locktrace.launch.inject.enter import enter, plan

MOST = 500
request = ptrace.request


def visit(pid, steps):
    """Enter; do not survive that many steps."""
    taken = 0

    def step(number, *arguments):
        nonlocal taken
        request(number, *arguments)
        if number == ptrace.SYSCALL:
            taken += 1
            if taken > steps:
                os.kill(os.getpid(), signal.SIGKILL)

    ptrace.request = step
    enter(plan(pid))


def main():
    pid = int(sys.argv[1])
    for steps in range(MOST):
        child = os.fork()
        if not child:
            visit(pid, steps)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status == 0:
            break
        assert os.WTERMSIG(status) == signal.SIGKILL, status
    print(steps, flush=True)


main()
