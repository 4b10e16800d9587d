"""What travels between an agent and its observers. Standard library only: the agent imports it.

`frames` cuts bytes into frames, `events` packs lock events, `endpoint` says where the socket is.
docs/protocol.md describes the same for a reader who writes another client.
"""
