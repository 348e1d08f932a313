// What modules that are fetched later share with the page. Each of them imports it whole, so that a bundle has one chunk
// of it and not one for every set of modules that share something (docs/design.md, "What comes on demand").
import "../engine/claims.js";
import "../engine/clock.js";
import "../engine/columns.js";
import "../engine/player_commands.js";
import "../engine/cores.js";
import "../engine/ndjson.js";
import "../engine/window_animation.js";
import "../engine/history.js";
import "../engine/log.js";
import "../engine/contention.js";
import "../engine/player.js";
import "../engine/proof_verdict.js";
import "../engine/recording.js";
import "../engine/scale.js";
import "../engine/timeline.js";
import "../engine/tracks.js";
import "../engine/visible_window.js";
import "../engine/world.js";
import "./page.js";
import "./proof_counters.js";
import "./server_text.js";
import "../plot/plot.js";
import "../plot/svg.js";
import "../plot/words.js";
