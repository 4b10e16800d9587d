"""An ordinary program: shows what it was given, and ends as its first argument says."""

import json
import os
import signal
import sys
import time

action = sys.argv[1] if len(sys.argv) > 1 else "end"
if action == "show":
    shown = {
        "argv": sys.argv,
        "path": sys.path,
        "name": __name__,
        "stdin": sys.stdin.read(),
        "environ": sorted(k for k in os.environ if k.startswith("LOCKTRACE_FD")),
    }
    print(json.dumps(shown))
elif action == "exit":
    sys.exit(int(sys.argv[2]))
elif action == "raise":
    raise ValueError("its own")
elif action == "kill":
    os.kill(os.getpid(), int(sys.argv[2]))
elif action == "catch":
    signal.signal(signal.SIGTERM, lambda *_: (print("caught", flush=True), sys.exit(3)))
    print("ready", flush=True)
    while True:  # who is just about to wait is not woken by a signal
        time.sleep(0.05)
