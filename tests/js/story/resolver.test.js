import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Log } from "../../../static/js/engine/log.js";
import { readLog } from "../../../static/js/engine/ndjson.js";
import { readLogOf } from "../../../static/js/story/log_index.js";
import { resolve } from "../../../static/js/story/resolver.js";

const vectors = fileURLToPath(new URL("../../lessons/", import.meta.url));
const lessons = fileURLToPath(new URL("../../../server/lessons/", import.meta.url));

/** As the vectors write a picture: what is null or empty is left out. */
function told(picture) {
  if (!picture) return null;
  return Object.fromEntries(
    Object.entries(picture).filter(([, value]) => value !== null && !(Array.isArray(value) && !value.length)),
  );
}

for (const path of readdirSync(vectors, { recursive: true }).filter((each) => each.endsWith("scenes.vectors.json"))) {
  const folder = path.split("/")[0];
  const { scenes, pictures } = JSON.parse(readFileSync(vectors + path, "utf8"));
  for (const [preset, wanted] of Object.entries(pictures)) {
    test(`${folder}: every scene comes to what the server says on the recording of ${preset}`, () => {
      const packed = readFileSync(`${lessons}${folder}/recordings/${preset}.ndjson.gz`);
      const log = new Log();
      log.add(1, readLog(gunzipSync(packed).toString("utf8")).entries);
      const index = readLogOf(log.tracks);
      assert.equal(scenes.length, wanted.length);
      for (const [i, scene] of scenes.entries()) assert.deepEqual(told(resolve(scene, index)), wanted[i], scene.step);
    });
  }
}
