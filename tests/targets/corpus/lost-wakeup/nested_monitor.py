"""A connection waits for a reply under its own lock, which whoever brings the reply wants first."""
# family: threading.Condition
# unlucky: held-while-blocking or lost-wakeup of Connection.lock

import threading


class Mailbox:
    def __init__(self):
        self.filled = threading.Condition()
        self.reply = None

    def put(self, reply):
        with self.filled:
            self.reply = reply
            self.filled.notify()

    def get(self, waiting):
        with self.filled:
            waiting.set()
            self.filled.wait_for(lambda: self.reply)
            return self.reply


class Connection:
    def __init__(self):
        self.lock = threading.Lock()
        self.mailbox = Mailbox()

    def request(self, waiting):
        with self.lock:  # here: holder
            return self.mailbox.get(waiting)

    def on_reply(self, reply):
        with self.lock:  # here: waiter
            self.mailbox.put(reply)


def main():
    connection, waiting = Connection(), threading.Event()
    caller = threading.Thread(target=connection.request, args=(waiting,), name="caller")
    receiver = threading.Thread(target=connection.on_reply, args=("pong",), name="receiver")
    caller.start()
    waiting.wait()
    receiver.start()
    caller.join()
    receiver.join()


main()
print("done")
