"""The static scanner: every lock and unlock in the source, and those that do not pair.

Works on the standard library's `ast` and imports nothing of what it scans. The way of a file:
`source` -> `discover` -> `operations` -> `flow` -> `paths` -> `calls` -> `rules` -> `report`.
"""
