"""The tests: one module per module of the server, the browser's in tests/js and tests/browser."""
