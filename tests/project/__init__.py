"""Tests of the project itself: budgets, documents, what the image copies."""
