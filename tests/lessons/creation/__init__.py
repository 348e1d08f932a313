"""Tests of lesson creation."""
