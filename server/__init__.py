"""Timeslice: real processes, recorded by the kernel, replayed in slow motion. This is the map.

POST /api/runs ─▶ runs (admission, life) ─asks─▶ spawner ─forks─▶ launcher ─▶ lesson.run(stage, params)
                                                     │             told: step, call, output, …
                                                     ├── recorder ─ seen: task.born, task.state, …
                                                     ▼
                         log   append-only, numbered, bounded, says what it lost
                          ├──▶ archive   (a finished run stays at the same address)
                          ▼
                       stream  (SSE; id = position; resume by Last-Event-ID)
                          ▼
   static/js:  stream ─▶ world.reduce(world, entry) ─▶ history.seek(t) ─▶ views.draw(scene)

A lesson states facts on a stage; the kernel states facts beside it; both fall into one numbered log; the
log flows out; the browser folds it; views draw the fold. Nothing flows back up. docs/design.md says why.
"""

__version__ = "0.1.0"
