"""Tests of lesson process_table."""
