"""The pipeline again: a task group ends the consumer when the producer fails."""

import asyncio


async def produce(items, lines):
    for line in lines:
        await items.put(int(line))
    await items.put(None)


async def consume(items):
    total = 0
    while (number := await items.get()) is not None:
        total += number
    return total


async def main():
    items = asyncio.Queue()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(produce(items, ["1", "x"]), name="producer")
            group.create_task(consume(items), name="consumer")
    except* ValueError as error:
        print(f"failed: {error.exceptions[0]}")


asyncio.run(main())
print("done")
