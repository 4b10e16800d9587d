"""Getting an agent into a process, and finding the processes that have one."""
