"""First on PYTHONPATH of a program started by `locktrace run`: switches the agent on.

Then it steps aside: it takes its folder off sys.path and runs the sitecustomize that it
displaced, if there is one. Children may be any Python, so this file is plain to all of them.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
import os
import sys


def _switch_on():
    if os.environ.get("LOCKTRACE") != "1":
        return
    if sys.version_info < (3, 11) or sys.implementation.name != "cpython":
        kind = "PyPy " if "PyPy" in sys.version else "Python "
        _decline("it is " + kind + sys.version.split()[0] + ", and CPython from 3.11 on is served")
        return
    if "t" in sys.abiflags and not os.environ.get("LOCKTRACE_CORE"):
        _decline("it is a free-threaded build, and both cores rest on the GIL")
        return
    root = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
    sys.path.insert(0, root)
    try:
        from locktrace.agent.switch import install_from_environ

        install_from_environ(os.environ)
    except Exception as error:  # a program must start whatever becomes of its tracer
        if type(error).__name__ == "CoreUnavailableError":  # but for what was asked for by name
            _refuse(error)
        _decline("its agent failed with " + type(error).__name__)
    finally:
        sys.path.remove(root)


def _decline(reason):
    """Tell the `locktrace run` that awaits this process why it will not be traced."""
    said = ('{"reason":"' + reason + '"}').encode("ascii")
    bye = 7
    try:
        import _socket  # not `socket`: the program finds its modules as it left them

        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.settimeout(1)
        connection.connect(os.environ.get("LOCKTRACE_RUN", ""))
        connection.sendall(bytes(bytearray((0, 0, 0, len(said), bye))) + said)
        connection.close()
    except Exception:  # nobody is there to be told
        pass


def _refuse(error):
    """End with the usage error's exit code: site would turn an exception into a traceback."""
    sys.stderr.write("locktrace: " + str(error) + "\n")
    sys.stderr.flush()
    os._exit(2)


def _run_displaced():
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") != HERE]
_switch_on()
_run_displaced()
