"""Blocks on an event; says at the end of its input how many signals have come.

Python runs a handler once for all that came since the last; a wakeup descriptor gets a byte each.
"""

import os
import signal
import sys
import threading

reader, writer = os.pipe()
os.set_blocking(writer, False)
os.set_blocking(reader, False)
signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
for number in (signal.SIGUSR1, signal.SIGRTMIN):
    signal.signal(number, lambda *_: None)
done = threading.Event()


def await_end():
    sys.stdin.read()
    done.set()


threading.Thread(target=await_end).start()
print("ready", flush=True)
while not done.wait(60):
    pass
try:
    print(len(os.read(reader, 65536)))
except BlockingIOError:
    print(0)
