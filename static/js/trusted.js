// The one Trusted Types policy: only htmx may turn text into markup, and only text that this server answered with.
// It has to be imported after htmx (page/live.js): it registers before htmx starts, in a task of its own.

/** @typedef {{ createHTML: (text: string) => unknown }} Policy */
/** @typedef {{ initSecurity: (policy: Policy) => void }} Internal */

const types = Reflect.get(window, "trustedTypes"); // a browser without Trusted Types does not enforce them either
const htmx = Reflect.get(window, "htmx");

if (types && htmx) {
  /** @type {Policy} */
  const policy = types.createPolicy("htmx", { createHTML: (/** @type {string} */ text) => text });
  htmx.registerExtension("trusted", { init: (/** @type {Internal} */ api) => api.initSecurity(policy) });
}

export {};
