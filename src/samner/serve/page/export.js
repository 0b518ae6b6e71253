// The result in the forms in which people take it along.

/** The keys of samner's own JSON, from the worker's rows and the entities that came out. */
function entity(row, label) {
  const scored = row.candidates.filter(([name]) => name !== label).slice(0, 3);
  return {
    start: row.start,
    end: row.end,
    text: row.text,
    label,
    score: round(row.candidates.find(([name]) => name === label)[1]),
    archetype: row.archetypes[0][0],
    sources: Object.keys(row.sources).sort(),
    alternatives: scored.map(([name, score]) => ({ label: name, score: round(score) })),
  };
}

const round = (score) => Math.round(score * 1e6) / 1e6;

export const json = (text, rows, entities) =>
  JSON.stringify({ id: null, text, entities: rows.map((row, n) => entity(row, entities[n].label)) }, null, 2);

const COLUMNS = ["id", "start", "end", "text", "label", "score", "archetype"];

/** A row an entity, as `samner convert --to csv` writes it; the one text is number 1. */
export function csv(text, rows, entities) {
  const cell = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const lines = rows.map((row, n) => {
    const one = { ...entity(row, entities[n].label), id: "#1" };
    return COLUMNS.map((name) => cell(String(one[name]))).join(",");
  });
  return [COLUMNS.join(","), ...lines, ""].join("\n");
}

/** A program that gives the same entities. JSON's strings are Python's too, once non-ASCII line ends are escaped. */
export function python({ text, schema, threshold, nested }, builtin) {
  const literal = (value) => JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, escaped);
  const options = [threshold === null ? "" : `, threshold=${threshold}`, nested ? ", nested=True" : ""].join("");
  return `from samner import SamNER

text = ${literal(text)}
types = ${builtin ? literal(schema.name) : types(schema.types, literal)}

for entity in SamNER().extract(text, types${options}):
    print(entity.start, entity.end, entity.text, "->", entity.label, f"{entity.score:.2f}")
`;
}

const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

function types(list, literal) {
  if (list === null) return "None";
  const bare = list.every((t) => Object.keys(t).every((key) => key === "name" || key === "definition"));
  const row = (t) => {
    if (bare) return `    ${literal(t.name)}: ${literal(t.definition ?? "")},`;
    const fields = Object.entries(t).filter(([, value]) => value !== "" && value != null && value.length !== 0);
    return `    {${fields.map(([key, value]) => `${literal(key)}: ${literal(value)}`).join(", ")}},`;
  };
  const [open, close] = bare ? "{}" : "[]";
  return [open, ...list.map(row), close].join("\n");
}
