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
   static/js:  stream ─▶ log ─┬▶ tracks (intervals of every task: the bars)  ┬─▶ views.draw(scene)
                              └▶ world.reduce ─▶ history.seek(t) (an instant) ┘

A lesson states facts on a stage; the kernel states facts beside it; both fall into one numbered log; the
log flows out; the browser folds it; views draw the fold. Nothing flows back up. docs/design.md says why.

Packages, each importing only those below it: cli · web · runs · launcher · text · lessons · lesson · stage ·
supervisor · recorder, log · settings, schema · events.

From a perf record to a pixel, by file:

  process of one run (forked by launcher/spawner_process.py, its main is launcher/launcher.py)
    recorder/perf_events.py     perf_event_open(2), one ring a CPU, and what RingBuffer.read takes out of it
    recorder/perf_recorder.py   the events of a run; drain() hands on what all rings hold
    recorder/wakeup_events.py   wake-ups of the run's tasks only, by the kernel's event filter
    recorder/perf_parser.py     bytes → RawRecord(op, t_ns, tid, cpu, …); recorder/records.py lists the ops
    recorder/polling.py         opens the recorder; one poll turns what the rings hold into facts
    recorder/state_reconstructor.py   records of all CPUs in order of time → task.born, task.state, …
    recorder/task_facts.py      what is known of each task; its name and role
    recorder/wait_reasons.py    what a sleeper waits for; recorder/wake_inference.py: when it was woken
    recorder/transitions.py     state changes until they are emitted as entries
    supervisor/recorder_session.py   the recorder of one run; names announced threads, asks for the proof at the end
    supervisor/event_loop.py    the launcher's loop: recorder, worker pipe (worker_pipe.py, fact_merger.py), children
    supervisor/fact_writer.py   entries as JSON lines into the pipe to whoever asked for the run
  server
    runs/launcher_connection.py reads the pipe; runs/run.py appends, and evaluates claims by lesson/evaluation.py
    log/event_log.py            the log; log/recording.py and log/archive.py write it to disk as it grows
    log/timeline.py             the one reading of a log: trials, tasks, calls, spans by state and core (log/spans.py)
    log/proof_verdict.py        the one verdict on a run
    web/hub.py                  one frame for all viewers; web/frames.py packs it; web/stream.py is the event stream
    web/still.py                the still picture of a recording, for the first paint and without scripts
  browser (static/js)
    main.js                     opens the stream and hands its entries to the log
    engine/stream.js            frames → entries (engine/frames.js); engine/ordered_entries.js keeps their order
    engine/tracks.js            entries → intervals by state: where a green bar begins, ends; engine/timeline.js: tasks
    engine/world.js             the state of everything at an instant; engine/history.js seeks it
    story/director.js           show: which log; go: which picture a step shows (story/resolver.js finds its moment)
    page/screen.js              what is on screen now: page/scene.js composes a frame, page/mounted_views.js draws it
    views/lanes/view.js         lanes: plot/lanes_chart.js lays them out, plot/plot.js repaints what has changed,
                                plot/draw.js goes by rows, plot/rows.js finds their bars, plot/dense.js blends those
                                that fall into one pixel, plot/paint.js: paintBar fills one, plot/theme.js: tokens.css

How to add a fact, a view or a lesson: docs/design.md, "How to".
"""

__version__ = "0.1.0"
