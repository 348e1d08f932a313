"""Tests of lesson hierarchy."""
