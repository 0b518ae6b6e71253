// Requests, and the traces that they bring. The trace of a long text has megabytes: it is read here, away from the
// thread that paints. The page gets one small object a span, and asks for the rest of a span when somebody looks.

let running = null; // the request under way; a newer one ends it
const held = new Map(); // ticket -> rows; the one before too, for a question that crosses a new answer

onmessage = async ({ data }) => {
  if (data.ask === "extract") await extract(data);
  else if (data.ask === "rows") postMessage({ call: data.call, rows: rowsOf(data) });
};

const rowsOf = ({ ticket, at }) => {
  const rows = held.get(ticket) ?? [];
  return at.map((n) => rows[n]).filter(Boolean);
};

async function extract({ ticket, body, key }) {
  running?.abort();
  const mine = (running = new AbortController());
  try {
    const began = performance.now();
    const headers = { "Content-Type": "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
    const response = await fetch(new URL("../v1/extract", location.href), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
      signal: mine.signal,
    });
    const reply = await response.json().catch(() => null);
    if (mine.signal.aborted) return;
    if (!response.ok) return postMessage({ ticket, status: response.status, problem: reply });
    const [{ error, trace }] = reply.results;
    if (error) return postMessage({ ticket, status: 422, problem: { error } });
    const rows = join(trace, body.schema !== null);
    held.set(ticket, rows);
    for (const old of [...held.keys()].slice(0, -2)) held.delete(old);
    postMessage({ ticket, spans: brief(body.text, rows), seconds: (performance.now() - began) / 1000 });
  } catch (error) {
    if (error.name !== "AbortError") postMessage({ ticket, status: 0, problem: null });
  }
}

/** One row a span from the records of the three stages. */
function join(trace, typed) {
  const place = (row) => `${row.start}:${row.end}`;
  const mediated = new Map(trace.mediation.map((row) => [place(row), row]));
  const calibrated = new Map(trace.calibration.map((row) => [place(row), row]));
  return trace.discovery.map((found) => {
    const archetypes = ranked(Object.entries(mediated.get(place(found))?.archetypes ?? {}));
    const candidates = typed
      ? ranked((calibrated.get(place(found))?.candidates ?? []).map((c) => [c.label, c.score, c]))
      : byArchetype(found, archetypes);
    return { ...found, archetypes, candidates };
  });
}

/** Without types, a span's label is its archetype: how surely it was found, times the archetype's share. */
function byArchetype({ kept, sources }, archetypes) {
  const sure = Math.max(0, ...Object.values(sources));
  return kept ? archetypes.map(([name, share]) => [name, sure * share, {}]) : [];
}

const ranked = (pairs) => pairs.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));

/** What is drawn of each span; `start` and `end` count UTF-16 units, as strings do here, not code points. */
function brief(text, rows) {
  const unit = units(text);
  return rows.map((row, n) => ({
    n,
    start: unit(row.start),
    end: unit(row.end),
    label: row.candidates[0]?.[0] ?? "",
    score: row.candidates[0]?.[1] ?? -1, // never comes out: it did not get past discovery
    archetype: row.archetypes[0]?.[0] ?? "misc",
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
