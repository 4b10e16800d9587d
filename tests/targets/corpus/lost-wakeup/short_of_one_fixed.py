"""The simulation again: who fails breaks the barrier, and the others learn of it."""

import contextlib
import threading


class Simulation:
    def __init__(self, cells):
        self.step_done = threading.Barrier(len(cells))
        self.cells = cells

    def work(self, number):
        try:
            self.cells[number] = 1 / self.cells[number]
        except ArithmeticError:
            self.step_done.abort()
            return
        with contextlib.suppress(threading.BrokenBarrierError):
            self.step_done.wait()


def main():
    simulation = Simulation([1, 2, 0])
    workers = [
        threading.Thread(target=simulation.work, args=(number,), name=f"worker-{number}")
        for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


main()
print("done")
