"""The sockets: what arrives becomes a job, and a job's reply is sent."""
