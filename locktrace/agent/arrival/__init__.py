"""What is there when the agent comes: who waits for which lock, and who holds it, since before.

Read from the threads' frames: the value stack says which object a blocked call works on, and
which managers the `with` blocks are in the middle of. Everything here is bounded in time.
"""
