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

Rooms, each importing only those below it: cli · web · runs · launcher · text, log · lessons · lesson · stage ·
supervisor · recorder · settings, schema · events.

From a perf record to a pixel, by file:

  process of one run (forked by launcher/spawner_process.py, its main is launcher/launcher.py)
    recorder/perf.py       perf_event_open(2), one ring a CPU; drain() reads raw records
    recorder/parse.py      bytes → Raw(op, t_ns, tid, cpu, …); recorder/raw.py lists the ops
    recorder/turn.py       one turn: what the rings hold is handed to the folder
    recorder/states.py     records of all CPUs in order of time → task.born, task.state, … (known.py: about each task;
                           edges.py, wakes.py, reasons.py: who woke it, what it waits for)
    supervisor/watch.py    the recorder of one run: names announced threads, counts, asks for the proof at the end
    supervisor/pump.py     the launcher's loop: rings, the told pipe (told.py, merge.py), children, control, gauges
    supervisor/facts_pipe.py   entries as JSON lines into the pipe to whoever asked for the run
  server
    runs/run.py            reads the pipe, evaluates claims (lesson/evaluation.py), appends
    log/timeline.py        the one reading of a log: trials, tasks, calls, spans by state and core (log/spans.py)
    log/event_log.py       the log; log/recording.py and log/archive.py write it to disk as it grows
    web/hub.py             one frame for all viewers; web/frames.py packs it; web/stream.py is the event stream
    web/still.py           the still picture of a recording in a page, for the first paint and without scripts
  browser (static/js)
    engine/stream.js, engine/frames.js   frames → entries; engine/log.js keeps them in order of time
    engine/tracks.js, engine/world.js    entries → spans of each task; the world at an instant
    page/screen.js, page/pictures.js     what is on screen now; views/<view>/view.js draw it, with plot/
"""

__version__ = "0.1.0"
