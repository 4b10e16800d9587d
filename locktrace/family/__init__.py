"""Several processes observed at once: those of a run, those of a server with its workers."""
