"""Where the visitor is let in, and gives its answer."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import marshal
import os
import sys

if __name__ != "locktrace_visit":  # there, all parts are one
    from locktrace.launch.inject.visitor.arrival import come_in
    from locktrace.launch.inject.visitor.resident import RefusedError

DONE, CANCEL = 2, 1


class SharedMemory:
    """What we share with the command: locktrace/launch/inject/visit.py."""

    def __init__(self, view, bundle):
        self._words = view[:8].cast("I")
        answer, self._room, _, _ = view[256:288].cast("Q")
        self._answer = view[answer : answer + self._room]
        self.bundle = bundle

    def cancelled(self):
        return self._words[1] == CANCEL

    def answer(self, text):
        encoded = text.encode("utf-8", "replace")[: self._room - 1] + b"\0"
        self._answer[: len(encoded)] = encoded
        self._words[0] = DONE


class Files:
    """The same for a program that runs this itself; `answer` is the file to write."""

    def __init__(self, bundle, answer):
        self.bundle = marshal.loads(bundle)
        self._path = answer

    def cancelled(self):
        return not os.path.exists(os.path.dirname(self._path))

    def answer(self, text):
        with open(self._path + ".part", "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.rename(self._path + ".part", self._path)


def main(door):
    serve = None
    try:
        answer = {"ok": "yes", **come_in(door)}
        serve = sys.modules["locktrace.agent.switch"].AGENT.publisher.lend
    except RefusedError as refused:
        answer = {"ok": "", "why": str(refused)}
    except ModuleNotFoundError as error:
        why = f"it cannot reach its standard library any more ({error}), as after a chroot"
        answer = {"ok": "", "why": why}
    except BaseException as error:
        answer = {"ok": "", "why": f"the agent could not start ({type(error).__name__}: {error})"}
    door.answer(
        "\n".join(f"{key}={str(value).replace(chr(10), ' ')}" for key, value in answer.items())
    )
    if serve is not None:  # this thread is the agent's where it can have none of its own
        serve()
