"""Getting the agent into a Python that was started without it, and may hang: docs/attach.md."""
