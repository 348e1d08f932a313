"""Tests of lesson program_process."""
