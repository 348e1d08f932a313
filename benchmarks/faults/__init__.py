"""Faults on purpose: one after another, at random instants of real runs, and what must be true after each.

server_under_test.py is the server and its processes, sse_client.py who watches, kinds.py the faults, invariants.py what
is asserted after each, __main__.py the round, its seed and its sums. All goes by HTTP, signals and files.
"""
