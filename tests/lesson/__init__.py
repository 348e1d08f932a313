"""Tests of the lesson contract."""
