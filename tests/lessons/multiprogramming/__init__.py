"""Tests of lesson multiprogramming."""
