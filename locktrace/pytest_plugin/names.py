"""Names that the plugin needs before it knows whether it is wanted."""

MARKER = "locktrace"
