"""An editor that replays its undo stack takes one step more than there is."""
# family: queue.LifoQueue
# unlucky: lost-wakeup of Editor.steps

import queue


class Editor:
    def __init__(self):
        self.steps = queue.LifoQueue()

    def do(self, step):
        self.steps.put(step)

    def undo(self, number):
        return [self.steps.get() for _ in range(number)]  # here: waiter


editor = Editor()
editor.do("type")
editor.do("delete")
print(editor.undo(3))
print("done")
