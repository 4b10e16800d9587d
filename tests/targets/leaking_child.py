"""Has a child leave a lock held; the first argument says how the child is made."""

import multiprocessing
import os
import subprocess
import sys
import threading

guard = threading.Lock()


def withdraw(amount=1):
    guard.acquire()
    return amount


def main(how):
    if how == "child":
        withdraw()
    elif how == "subprocess":
        subprocess.run([sys.executable, __file__, "child"], check=True)
    elif how == "grandchild":
        subprocess.run([sys.executable, __file__, "subprocess"], check=True)
    elif how == "os.fork":
        pid = os.fork()
        if pid == 0:
            withdraw()
            sys.exit()
        os.waitpid(pid, 0)
    else:
        child = multiprocessing.get_context(how).Process(target=withdraw)
        child.start()
        child.join()
        print(child.exitcode)


if __name__ == "__main__":
    main(sys.argv[1])
