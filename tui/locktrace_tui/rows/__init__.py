"""From the session's frozen records to cells of text: pure functions that know no terminal.

Layers, from the bottom: `cells` and `fit` and `typeset` (text into room), `index` and `signs`
(a view by lock, states in symbol and word), then a file for each part of the screen.
"""
