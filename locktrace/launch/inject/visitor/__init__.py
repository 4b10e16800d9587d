"""Runs in the target, once for each attach, in a thread of its own: brings the agent up there.

Its parts are sent one after the other as one text, so they share one namespace there and import
what every CPython has built in. What they import more goes past the program's own import hooks and
search path, and `sys.path`, `sys.meta_path` and `os.environ` are afterwards as before. Whatever
happens is an answer.
"""

PARTS = ("carried", "main_thread", "resident", "arrival", "doors")
"""In the order in which each needs the ones before."""
