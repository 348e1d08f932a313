"""Tests of lesson blocking."""
