"""Lives in the target: patches the primitives, keeps the ledger, serves observers.

Standard library only. It never raises or blocks into the program that it watches.
"""
