"""The renderer again: it is asked to stop, and gives the device back before it goes."""

import multiprocessing


def render(device, drawing, stop):
    with device:
        drawing.set()
        stop.wait()


def main():
    context = multiprocessing.get_context("fork")
    device = context.Lock()
    drawing = context.Event()
    stop = context.Event()
    renderer = context.Process(target=render, args=(device, drawing, stop), name="renderer")
    renderer.start()
    drawing.wait()
    stop.set()
    renderer.join()
    with device:
        print("the next frame")


if __name__ == "__main__":
    main()
    print("done")
