"""The parts of a screen, a file each. They draw what `rows` made."""
