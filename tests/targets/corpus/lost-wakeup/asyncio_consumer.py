"""An asyncio pipeline: the producer fails, and the consumer waits for an item that never comes."""
# family: asyncio.Queue
# unlucky: lost-wakeup

import asyncio


async def produce(items, lines):
    for line in lines:
        await items.put(int(line))
    await items.put(None)


async def consume(items):
    total = 0
    while (number := await items.get()) is not None:  # here: waiter
        total += number
    return total


async def main():
    items = asyncio.Queue()
    producer = asyncio.create_task(produce(items, ["1", "x"]), name="producer")
    consumer = asyncio.create_task(consume(items), name="consumer")
    await asyncio.wait([producer])
    print(f"failed: {producer.exception()}")
    await consumer


asyncio.run(main())
print("done")
