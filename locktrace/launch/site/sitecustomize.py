"""First on PYTHONPATH of a program started by `locktrace run`: switches the agent on.

Then it steps aside: it takes its folder off sys.path and runs the sitecustomize that it
displaced, if there is one. Children may be any Python, so this file is plain to all of them.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call"
import os
import sys


def _switch_on():
    if os.environ.get("LOCKTRACE") != "1" or sys.version_info < (3, 11):
        return
    if sys.implementation.name != "cpython":
        return
    root = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
    sys.path.insert(0, root)
    try:
        from locktrace.agent.switch import install_from_environ

        install_from_environ(os.environ)
    except Exception:  # a program must start whatever becomes of its tracer
        pass
    finally:
        sys.path.remove(root)


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
