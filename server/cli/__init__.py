"""The command `timeslice`: its arguments, lanes drawn as text, and `doctor`."""
