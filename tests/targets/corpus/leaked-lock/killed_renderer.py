"""A renderer that does not come to an end in time is killed, while it holds the device."""
# family: multiprocessing.Lock
# unlucky: leaked-lock of main.device

import multiprocessing


def render(device, drawing):
    with device:  # here: holder
        drawing.set()
        multiprocessing.Event().wait()


def main():
    context = multiprocessing.get_context("fork")
    device = context.Lock()
    drawing = context.Event()
    renderer = context.Process(target=render, args=(device, drawing), name="renderer")
    renderer.start()
    drawing.wait()
    renderer.join(timeout=0.5)
    if renderer.is_alive():
        renderer.kill()
    renderer.join()
    with device:
        print("the next frame")


if __name__ == "__main__":
    main()
    print("done")
