"""The log of a run: its entries in order, the timeline read from them, their sealed file, the archive, and exports."""
