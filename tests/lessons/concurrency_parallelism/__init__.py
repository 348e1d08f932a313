"""Tests of lesson concurrency_parallelism."""
