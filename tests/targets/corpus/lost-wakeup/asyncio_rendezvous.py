"""Three tasks are to meet at a barrier for four: one of the parties has failed before it came."""
# family: asyncio.Barrier
# unlucky: lost-wakeup of main.meeting

import asyncio


async def play(meeting, name):
    if name == "viola":
        return "ill"
    await meeting.wait()  # here: waiter
    return "played"


async def main():
    meeting = asyncio.Barrier(4)
    names = ("violin", "second violin", "viola", "cello")
    print(await asyncio.gather(*(play(meeting, name) for name in names)))


asyncio.run(main())
print("done")
