"""Attaches by remote-exec to the process that is named, and detaches: on the same Python."""

import sys

from locktrace.errors import LocktraceError
from locktrace.launch.inject import by_remote_exec
from locktrace.launch.inject.method import Method
from locktrace.launch.reach import intention, reach
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.detach import detach

pid, by_remote_exec.ANSWER_S = int(sys.argv[1]), float(sys.argv[2])
print(intention(pid, Method.REMOTE_EXEC))
try:
    source = AgentSource(reach(pid, Method.REMOTE_EXEC).connection, pid)
    print(source.process.core)
    source.close()
    detach(pid)
except LocktraceError as error:
    print(error)
