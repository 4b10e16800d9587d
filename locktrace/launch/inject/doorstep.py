"""What the payload runs, once for each attach: it takes the visitor, which is the folder beside us,
out of what we carry.

One that an earlier attach has left here is used again if it is the same: the core keeps every code
that it has met, so a new one at each attach would add up. This is sent as text, too.
"""

import marshal
import sys

view = globals()["VISIT"]  # put there by the payload
_, _, at, size = view[256:288].cast("Q")
carried = marshal.loads(view[at : at + size])
visitor = getattr(sys.__dict__.get("_locktrace"), "visitor", {})
if visitor.get("ID") != carried["id"]:
    visitor = {"__builtins__": globals()["__builtins__"], "ID": carried["id"]}
    exec(compile(carried["visitor"], "<locktrace>", "exec", dont_inherit=True), visitor)
visitor["main"](visitor["SharedMemory"](view, carried))
