"""The editor again: no more is undone than was done."""

import queue


class Editor:
    def __init__(self):
        self.steps = queue.LifoQueue()

    def do(self, step):
        self.steps.put(step)

    def undo(self, number):
        return [self.steps.get() for _ in range(min(number, self.steps.qsize()))]


editor = Editor()
editor.do("type")
editor.do("delete")
print(editor.undo(3))
print("done")
