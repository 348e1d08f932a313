"""Runs as the server holds them: who may start on which cores, a run's life, and the client of the spawner."""
