"""Tests of lesson sync_async."""
