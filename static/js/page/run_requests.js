// Requests that change a run on the server: start one (a form, sent by htmx), send an action, stop or leave it.

import { addHiddenField, pageId } from "./page_id.js";

/** @typedef {import("../types").Say} Say */
/** @typedef {{ error: string, slots?: Record<string, number> }} Refusal the error is a label's key */

/** The error label for a response that is no run fragment: by status, whether it came from us or from a proxy.
 * @param {Response} answer @returns {Refusal} */
export function startRefusal({ status, headers }) {
  const seconds = Number(headers.get("Retry-After"));
  if (status === 429 && seconds > 0) return { error: "error.busy", slots: { seconds } };
  if (status === 403 || status === 421) return { error: "error.origin" };
  if (status === 404) return { error: "error.lesson" };
  if (status === 409) return { error: "error.lacks" };
  if (status === 413 || status === 422) return { error: "error.refused" };
  return { error: "error.between", slots: { status } };
}

/** @param {Response} answer @returns {Refusal} */
function actionRefusal(answer) {
  if (answer.status === 429)
    return { error: "error.busy", slots: { seconds: Number(answer.headers.get("Retry-After") ?? 1) } };
  if (answer.status === 401 || answer.status === 403) return { error: "error.key" };
  if (answer.status === 404) return { error: "error.gone" };
  if (answer.status === 409) return { error: "error.over" };
  return { error: answer.status === 422 ? "error.refused" : "error.unavailable" };
}

/** Shows an error message (role=alert) in the run's fragment; null removes it. @param {string | null} sentence */
function showRunError(sentence) {
  const place = document.getElementById("run");
  place?.querySelector(".error")?.remove();
  if (sentence === null) return;
  const words = document.createElement("p");
  words.className = "error";
  words.setAttribute("role", "alert");
  place?.prepend(words);
  words.textContent = sentence;
}

/** Whether an event of htmx is of a request for a run, and not for another part of the page. @param {Event} event */
const isStart = (event) =>
  !(event instanceof CustomEvent && event.detail.ctx?.sourceElement?.closest("#run-form, #run") === null);

/** The one way a run starts, in a lesson and in an embed: htmx fetches when the button is pressed. No form is submitted,
 *  so a sandbox without forms lets it through; without a script the form still works. What comes back and is no fragment
 *  of a run is never swapped in: it becomes a sentence, and the form can be used again.
 * @param {Say} say @param {{ onRequest(): void, onResponse(): void }} handlers */
export function bindStartForm(say, handlers) {
  /** @param {Refusal} why */
  const refuse = ({ error, slots }) => {
    showRunError(say(error, slots));
    handlers.onResponse();
  };
  addHiddenField("page", pageId());
  document.addEventListener("submit", (event) => {
    // by a button of the text, or by the one that wants a run for this page alone
    const go = document.querySelector("#run-form .go");
    const by = event.submitter;
    const own = event.target instanceof HTMLFormElement && event.target.id === "run-form"; // a dialog is closed by a form
    if (!own || !(go instanceof HTMLElement) || by === go || !("htmx" in window)) return;
    event.preventDefault();
    const extraField = by instanceof HTMLButtonElement && by.name ? addHiddenField(by.name, by.value) : null;
    go.click();
    extraField?.remove();
  });
  document.addEventListener("htmx:before:request", (event) => {
    if (!isStart(event)) return;
    showRunError(null);
    handlers.onRequest();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { response, text } = /** @type {CustomEvent} */ (event).detail.ctx;
    if (!isStart(event)) return response.raw.ok ? undefined : event.preventDefault();
    if (text.trimStart().startsWith('<div id="run"')) return;
    event.preventDefault();
    refuse(startRefusal(response.raw));
  });
  document.addEventListener("htmx:error", (event) => isStart(event) && refuse({ error: "error.offline" }));
  document.addEventListener("htmx:after:swap", (event) => isStart(event) && handlers.onResponse());
}

/** @param {string} url @param {string} method @param {string} key @param {unknown} [body] */
function sendRequest(url, method, key, body) {
  /** @type {Record<string, string>} */
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/** POST {root}/api/runs/{id}/actions, or DELETE where `action` is null: without the key that means to leave. Resolves to a label's key if it was refused.
 * @param {string} root @param {{ id: string, key: string }} run @param {string | null} action @param {string} [text]
 * @returns {Promise<{ error: string, slots?: Record<string, number> } | null>} */
export async function requestRunAction(root, { id, key }, action, text) {
  const address = `${root}/api/runs/${id}`;
  try {
    const answer =
      action === null
        ? await sendRequest(`${address}${key ? "" : `?page=${pageId()}`}`, "DELETE", key)
        : await sendRequest(`${address}/actions`, "POST", key, text === undefined ? { action } : { action, text });
    await answer.text(); // empty, but an answer that is not read counts as broken off
    return answer.ok ? null : actionRefusal(answer);
  } catch {
    return { error: "error.offline" };
  }
}
