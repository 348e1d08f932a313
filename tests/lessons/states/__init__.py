"""Tests of lesson states."""
