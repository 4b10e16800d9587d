"""The quartet again: who cannot play says so at the barrier."""

import asyncio


async def play(meeting, name):
    if name == "viola":
        await meeting.wait()
        return "ill"
    await meeting.wait()
    return "played"


async def main():
    meeting = asyncio.Barrier(4)
    names = ("violin", "second violin", "viola", "cello")
    print(await asyncio.gather(*(play(meeting, name) for name in names)))


asyncio.run(main())
print("done")
