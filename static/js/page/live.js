// What a page needs once a run is wanted: htmx with its policy, the stream, and what may be asked of a run. Nothing of it
// is fetched before (start_form.js), and nothing of it is in a file that plays without a server.
import "./shared_chunk.js";
import htmx from "../../vendor/htmx.esm.min.js";
import "../trusted.js";

export { openStream } from "../engine/stream.js";
export { fillDisclosure } from "./disclosure_contents.js";
export { storedKey } from "./run_keys.js";
export { bindStartForm, requestRunAction } from "./run_requests.js";
export { RunStatus } from "./run_status.js";
export { htmx };
