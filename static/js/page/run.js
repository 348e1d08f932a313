// What a reader may ask of the server besides looking: start a run without htmx, act on one, stop it. It draws nothing.

/** @typedef {{ id: string, key: string, events: string, log: string, status: string }} Run */
/** @typedef {{ run: Run } | { error: string, slots?: Record<string, number> }} Started the error is a label's key */

/** The values of a form's fields, typed as the API wants them.
 * @param {HTMLFormElement} form */
export function fields(form) {
  /** @type {Record<string, number | boolean | string>} */
  const params = {};
  for (const field of form.elements) {
    if (field instanceof HTMLSelectElement) params[field.name] = field.value;
    if (!(field instanceof HTMLInputElement)) continue;
    if (field.type === "number" || field.type === "range") params[field.name] = Number(field.value);
    if (field.type === "checkbox") params[field.name] = field.checked;
  }
  return params;
}

/** @param {Response} answer @returns {{ error: string, slots?: Record<string, number> }} */
function refusal(answer) {
  if (answer.status === 429)
    return { error: "error.busy", slots: { seconds: Number(answer.headers.get("Retry-After") ?? 1) } };
  if (answer.status === 401 || answer.status === 403) return { error: "error.key" };
  if (answer.status === 404) return { error: "error.gone" };
  if (answer.status === 409) return { error: "error.over" };
  return { error: answer.status === 422 ? "error.refused" : "error.unavailable" };
}

/** @param {string} url @param {string} method @param {string} key @param {unknown} [body] */
function send(url, method, key, body) {
  /** @type {Record<string, string>} */
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/** POST /api/runs. @param {{ lesson: string, preset: string, params: Record<string, unknown> }} what
 *  @returns {Promise<Started>} */
export async function start(what) {
  try {
    const answer = await send("/api/runs", "POST", "", what);
    if (!answer.ok) return refusal(answer);
    const { id, key, status, links } = await answer.json();
    return { run: { id, key, status, events: links.events, log: links.log } };
  } catch {
    return { error: "error.offline" };
  }
}

/** POST /api/runs/{id}/actions, or DELETE where `action` is null. Resolves to a label's key if it was refused.
 * @param {{ id: string, key: string }} run @param {string | null} action @param {string} [text]
 * @returns {Promise<{ error: string, slots?: Record<string, number> } | null>} */
export async function act({ id, key }, action, text) {
  try {
    const answer =
      action === null
        ? await send(`/api/runs/${id}`, "DELETE", key)
        : await send(`/api/runs/${id}/actions`, "POST", key, text === undefined ? { action } : { action, text });
    await answer.text(); // empty, but an answer that is not read counts as broken off
    return answer.ok ? null : refusal(answer);
  } catch {
    return { error: "error.offline" };
  }
}
