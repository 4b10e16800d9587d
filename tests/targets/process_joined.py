"""A parent joins its child, which ends when it is told to by a signal."""

import multiprocessing
import signal


def await_signal():
    signal.pause()


def main():
    fork = multiprocessing.get_context("fork")
    child = fork.Process(target=await_signal, name="sleeper")
    child.start()
    child.join(0.001)
    print(child.pid, flush=True)
    child.join()
    print("joined", child.exitcode, flush=True)


main()
