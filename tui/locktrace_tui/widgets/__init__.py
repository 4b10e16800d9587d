"""The parts of the screen, a file each; they draw cells and know nothing of locks."""
