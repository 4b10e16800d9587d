"""A small authoritative DNS server with a lock bug to choose from: what locktrace is shown on."""
