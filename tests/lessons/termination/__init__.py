"""Tests of lesson termination."""
