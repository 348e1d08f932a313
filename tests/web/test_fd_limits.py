"""How many descriptors there are, and who may have them."""

import subprocess
import sys

import pytest

from server.web import fd_limits

pytestmark = pytest.mark.real_processes

RAISED = """
import resource
from server.web import fd_limits
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
print(fd_limits.raise_soft_limit(), fd_limits.soft_limit())
"""


def test_of_the_descriptors_some_are_kept_back_for_runs_and_some_connections_for_pages() -> None:
    assert (fd_limits.max_connections(1024), fd_limits.max_streams(1024)) == (768, 704)
    assert (fd_limits.max_connections(64), fd_limits.max_streams(64)) == (48, 42)
    assert fd_limits.max_streams(20000) > 19000
    assert (fd_limits.listen_backlog(1024), fd_limits.listen_backlog(20000)) == (384, 2048)


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    done = subprocess.run([sys.executable, "-c", RAISED], capture_output=True, text=True, check=True)
    assert done.stdout == "(100, 200) 200\n"
