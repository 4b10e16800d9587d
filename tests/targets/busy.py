"""Threads that are busy: each lock is wanted by several at any time, and held for a moment only."""

import sys
import threading

orders = threading.Lock()
stock = threading.Lock()


def sell():
    while True:
        with orders, stock:
            sum(range(200))
        stock.acquire()
        try:
            sum(range(200))
        finally:
            stock.release()


for _ in range(6):
    threading.Thread(target=sell, daemon=True).start()
print("ready", flush=True)
sys.stdin.readline()
