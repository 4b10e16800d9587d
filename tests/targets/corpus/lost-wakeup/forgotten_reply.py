"""A client keeps a Future for each request; a reply with an unknown number resolves none."""
# family: concurrent.futures
# unlucky: lost-wakeup

import threading
from concurrent.futures import Future


class Client:
    def __init__(self):
        self.pending = {}

    def request(self, number):
        self.pending[number] = Future()
        return self.pending[number]

    def on_reply(self, number, body):
        future = self.pending.pop(number, None)
        if future is not None:
            future.set_result(body)


def main():
    client = Client()
    reply = client.request(1)
    receiver = threading.Thread(target=client.on_reply, args=("1", "pong"), name="receiver")
    receiver.start()
    receiver.join()
    print(reply.result())  # here: waiter


main()
print("done")
