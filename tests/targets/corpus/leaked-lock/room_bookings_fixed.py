"""The bookings again: the write ends with its block."""

import asyncio

import aiorwlock


class Bookings:
    def __init__(self):
        self.lock = aiorwlock.RWLock()
        self.rooms = {}

    async def book(self, room, guest):
        async with self.lock.writer:
            if room in self.rooms:
                return False
            self.rooms[room] = guest
            return True

    async def guest(self, room):
        async with self.lock.reader:
            return self.rooms.get(room)


bookings = Bookings()


async def main():
    for guest in ("ada", "bob"):
        await asyncio.create_task(bookings.book(12, guest), name=guest)
    assert await asyncio.create_task(bookings.guest(12), name="front-desk") == "ada"


asyncio.run(main())
print("done")
