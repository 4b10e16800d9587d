"""Forks while another thread, the way in's, imports a module; the child imports the same one."""

import os
import signal
import sys
import threading
import types
from importlib.machinery import ModuleSpec

from locktrace.launch.inject.visitor.resident import Resident

PATIENCE_S = 100  # a busy machine's upper bound


class Slow:
    """Finds the module `slow`, whose import takes until it may end."""

    def __init__(self):
        self.begun, self.may_end = threading.Event(), threading.Event()

    def find_spec(self, name, _path=None, _target=None):
        return ModuleSpec(name, self) if name == "slow" else None

    def create_module(self, spec):
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        self.begun.set()
        self.may_end.wait()
        module.whole = True


def come_in():
    resident.begin(bool, undone.set)
    import slow  # noqa: F401

    resident.end()


resident, undone, finder = Resident(), threading.Event(), Slow()
sys.meta_path.insert(0, finder)
thread = threading.Thread(target=come_in)
thread.start()
finder.begun.wait()
pid = os.fork()
finder.may_end.set()
if pid == 0:
    signal.alarm(PATIENCE_S)
    import slow

    os._exit(0 if slow.whole and undone.is_set() else 1)
thread.join()
print("child", os.waitpid(pid, 0)[1], flush=True)
