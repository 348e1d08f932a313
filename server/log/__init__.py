"""The log of a run: entries in order, their file on disk with its seals, the archive, and exports."""
