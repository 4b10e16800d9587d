"""Bookings of rooms behind a lock of aiorwlock: a room that is taken returns without releasing."""
# family: aiorwlock
# needs: aiorwlock
# unlucky: leaked-lock of Bookings.lock
# lucky: leaked-lock of Bookings.lock

import asyncio
import sys

import aiorwlock


class Bookings:
    def __init__(self):
        self.lock = aiorwlock.RWLock()
        self.rooms = {}

    async def book(self, room, guest):
        await self.lock.writer.acquire()  # here: holder
        if room in self.rooms:
            return False
        self.rooms[room] = guest
        self.lock.writer.release()
        return True

    async def guest(self, room):
        async with self.lock.reader:
            return self.rooms.get(room)


bookings = Bookings()


async def main(lucky):
    for guest in ("ada", "bob"):
        await asyncio.create_task(bookings.book(12, guest), name=guest)
    if not lucky:
        await asyncio.create_task(bookings.guest(12), name="front-desk")


asyncio.run(main("lucky" in sys.argv))
print("done")
