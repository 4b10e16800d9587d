"""The kernel's view of a process by bpftrace, with nothing put into the target."""
