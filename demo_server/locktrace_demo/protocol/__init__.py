"""The DNS message format: strict reading of queries, writing of responses."""
