"""`python -m locktrace` is the `locktrace` command."""

from locktrace.cli.app import main

if __name__ == "__main__":
    main()
