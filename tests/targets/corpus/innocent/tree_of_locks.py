"""Folders and their files are locked from the root downwards: locks of one class, in one order."""

import threading


class Folder:
    def __init__(self, parent=None):
        self.lock = threading.RLock()
        self.parent = parent
        self.size = 0

    def path(self):
        return [*(self.parent.path() if self.parent else []), self]

    def grow(self, amount):
        folders = self.path()
        for folder in folders:
            folder.lock.acquire()
        for folder in folders:
            folder.size += amount
        for folder in reversed(folders):
            folder.lock.release()


root = Folder()
left, right = Folder(root), Folder(root)
leaf = Folder(left)
threads = [
    threading.Thread(target=folder.grow, args=(1,)) for folder in (root, left, right, leaf) * 3
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert root.size == 12
print("done")
