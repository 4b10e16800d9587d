"""Takes as long to import as the program wants."""

import __main__

__main__.told.wait()
