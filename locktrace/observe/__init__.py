"""From frames to the current view: sources that yield frames, and the state they build."""
