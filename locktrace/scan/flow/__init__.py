"""The control-flow graph of one function, built backwards: every node knows where it goes on."""
