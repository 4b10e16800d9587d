"""Two threads take two locks in both orders, one after the other: it goes well this time."""

import sys
import threading


class Bank:
    def __init__(self, guarded):
        self.accounts = threading.Lock()
        self.journal = threading.Lock()
        self.audit_lock = threading.Lock() if guarded else None

    def transfer(self):
        with self.accounts, self.journal:
            pass

    def audit(self):
        with self.journal, self.accounts:
            pass

    def guarded(self, work):
        with self.audit_lock:
            work()


def run(name, work, *args):
    done = threading.Event()

    def body():
        work(*args)
        done.set()
        over.wait()

    threading.Thread(target=body, name=name, daemon=True).start()
    done.wait()


over = threading.Event()

print("ready", flush=True)
sys.stdin.readline()
bank = Bank(guarded="--gate" in sys.argv)
if bank.audit_lock:
    run("teller", bank.guarded, bank.transfer)
    run("auditor", bank.guarded, bank.audit)
elif "--same-thread" in sys.argv:
    run("teller", lambda: (bank.transfer(), bank.audit()))
elif "--try" in sys.argv:
    run("teller", bank.transfer)
    with bank.journal:
        if bank.accounts.acquire(blocking=False):
            bank.accounts.release()
        if bank.accounts.acquire(timeout=1):
            bank.accounts.release()
else:
    run("teller", bank.transfer)
    run("auditor", bank.audit)
print("done", flush=True)
sys.stdin.readline()
