"""A thread takes a lock and ends with it, before anybody can look; input ends the program."""

import sys
import threading

table = threading.Lock()
thread = threading.Thread(target=table.acquire, name="importer")
thread.start()
thread.join()
print("ended", flush=True)
sys.stdin.read()
