// One row a span, from the records of the three stages. The result of an extraction is read here and nowhere else.

/** All spans of a result: what found each (`sources`, `kept`, `why`), its `archetypes` and `candidates` with their
 * scores, best first, and what a language model said of it (`notes`). `typed` tells whether types were asked for. */
export function rowsOf({ entities, trace }, typed) {
  const mediated = byPlace(trace.mediation);
  const calibrated = byPlace(trace.calibration);
  const known = byPlace(trace.discovery);
  const out = byPlace(entities);
  // A language model may move a span or add one, which discovery then has not seen.
  const added = trace.calibration.filter((row) => !known.has(place(row)));
  const rows = [...trace.discovery, ...added.map((row) => addition(row, out.get(place(row))))];
  const notes = (trace.llm ?? []).filter((note) => "start" in note);
  const noted = Map.groupBy(notes, place);
  return rows.map((row) => {
    const at = place(row);
    const archetypes = ranked(Object.entries(mediated.get(at)?.archetypes ?? row.archetypes ?? {}));
    const candidates = typed
      ? ranked((calibrated.get(at)?.candidates ?? []).map((one) => [one.label, one.score, one]))
      : byArchetype(row, archetypes);
    const of = known.has(at) ? noted.get(at) ?? [] : notes.filter((note) => note.start < row.end && row.start < note.end);
    return { ...row, archetypes, candidates, notes: of };
  });
}

const place = (row) => `${row.start}:${row.end}`;
const byPlace = (rows) => new Map(rows.map((row) => [place(row), row]));

function addition({ start, end, text }, entity) {
  const sources = Object.fromEntries((entity?.sources ?? []).map((name) => [name, 1]));
  const archetypes = entity ? { [entity.archetype]: 1 } : {};
  return { start, end, text, sources, archetypes, kept: true, why: "a language model put it here" };
}

/** Without types, a span's label is its archetype: how surely it was found, times the archetype's share. */
function byArchetype({ kept, sources }, archetypes) {
  const sure = Math.max(0, ...Object.values(sources));
  return kept ? archetypes.map(([name, share]) => [name, sure * share, {}]) : [];
}

const ranked = (pairs) => pairs.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));

/** What is drawn of each span; `start` and `end` count UTF-16 units, as strings do here, not code points. Where types
 * have thresholds of their own the best label may fail where another comes out, so that all go along. */
export function brief(text, rows, types) {
  const unit = units(text);
  const own = (types ?? []).some((type) => type.threshold != null);
  return rows.map((row, n) => ({
    n,
    start: unit(row.start),
    end: unit(row.end),
    label: row.candidates[0]?.[0] ?? "",
    score: row.candidates[0]?.[1] ?? -1, // never comes out: it did not get past discovery
    archetype: row.archetypes[0]?.[0] ?? "misc",
    others: own ? row.candidates.map(([label, score]) => ({ label, score })) : [],
  }));
}

/** Code points -> UTF-16 units. */
function units(text) {
  if (!/[\ud800-\udfff]/.test(text)) return (at) => at;
  const places = [];
  let at = 0;
  for (const letter of text) {
    places.push(at);
    at += letter.length;
  }
  places.push(at);
  return (point) => places[point];
}
