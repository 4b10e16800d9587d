"""A simulation meets at a barrier after each step; one of its three workers has failed."""
# family: threading.Barrier
# unlucky: lost-wakeup of Simulation.step_done

import threading


class Simulation:
    def __init__(self, cells):
        self.step_done = threading.Barrier(len(cells))
        self.cells = cells

    def work(self, number):
        self.cells[number] = 1 / self.cells[number]
        self.step_done.wait()  # here: waiter


def main():
    threading.excepthook = lambda arguments: print(f"failed: {arguments.exc_value}")
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
