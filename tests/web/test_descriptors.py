"""How many descriptors there are, and who may have them."""

import subprocess
import sys

import pytest

from server.web import descriptors

pytestmark = pytest.mark.real_processes

RAISED = """
import resource
from server.web import descriptors
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
print(descriptors.raise_limit(), descriptors.limit())
"""


def test_of_the_descriptors_some_are_kept_back_for_runs_and_some_connections_for_pages() -> None:
    assert (descriptors.connections(1024), descriptors.streams(1024)) == (768, 704)
    assert (descriptors.connections(64), descriptors.streams(64)) == (48, 42)
    assert descriptors.streams(20000) > 19000
    assert (descriptors.backlog(1024), descriptors.backlog(20000)) == (384, 2048)


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    done = subprocess.run([sys.executable, "-c", RAISED], capture_output=True, text=True, check=True)
    assert done.stdout == "(100, 200) 200\n"
