"""The log of a run: entries in order, their one reading as a timeline, their file on disk with its seals, the archive, and exports."""
