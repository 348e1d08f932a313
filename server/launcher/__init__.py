"""The processes that are forked: the spawner, exec'd once, and the launcher that it forks for each run."""
