"""What locktrace costs, measured: `make bench` prints the tables of the README.

Every table compares runs that were interleaved in one call, and gives medians and ratios:
on a shared machine absolute times wander, ratios stay.
"""
