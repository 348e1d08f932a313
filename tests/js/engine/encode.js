// Entries → items of a frame, as server/web/frames.py packs them: what decode is tested against.

/** The inverse of decode: one item, a lone entry as it is. */
export function encode(entries) {
  if (entries.length < 2) return [...entries];
  const [strings, shapes, facts] = [new Map(), new Map(), new Map()];
  const told = [];
  const rows = [];
  let before = 0;
  for (const { t_ns, source, fact } of entries) {
    const key = JSON.stringify([source, fact]);
    if (!facts.has(key)) {
      const { kind, ...fields } = fact;
      const isText = (name) => typeof fields[name] === "string";
      const shape = [source, kind, ...Object.keys(fields).map((name) => (isText(name) ? `=${name}` : name))];
      const values = Object.keys(fields).map((name) => (isText(name) ? index(strings, fields[name]) : fields[name]));
      told.push([index(shapes, JSON.stringify(shape)), ...values]);
    }
    rows.push(t_ns - before, index(facts, key));
    before = t_ns;
  }
  return [[[...strings.keys()], [...shapes.keys()].map((shape) => JSON.parse(shape)), told, ...rows]];
}

/** Where a key stands in a table, which takes it if it is new. */
function index(table, key) {
  if (!table.has(key)) table.set(key, table.size);
  return table.get(key);
}
