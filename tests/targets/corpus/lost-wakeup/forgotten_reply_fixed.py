"""The client again: numbers are numbers, and when the connection ends all requests end."""

import threading
from concurrent.futures import Future


class Client:
    def __init__(self):
        self.pending = {}

    def request(self, number):
        self.pending[number] = Future()
        return self.pending[number]

    def on_reply(self, number, body):
        future = self.pending.pop(int(number), None)
        if future is not None:
            future.set_result(body)

    def close(self):
        for future in self.pending.values():
            future.cancel()


def main():
    client = Client()
    reply = client.request(1)
    client.request(2)
    receiver = threading.Thread(target=client.on_reply, args=("1", "pong"), name="receiver")
    receiver.start()
    receiver.join()
    print(reply.result())
    client.close()


main()
print("done")
