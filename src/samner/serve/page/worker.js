// Requests, and the traces that they bring. The trace of a long text has megabytes: it is read here, away from the
// thread that paints. The page gets one small object a span, and asks for the rest of a span when somebody looks.

import { brief, rowsOf } from "./rows.js";

let running = null; // the request under way; a newer one ends it
const held = new Map(); // ticket -> rows; the one before too, for a question that crosses a new answer

onmessage = async ({ data }) => {
  if (data.ask === "extract") await extract(data);
  else if (data.ask === "rows") postMessage({ call: data.call, rows: some(data) });
};

const some = ({ ticket, at }) => {
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
    const [result] = reply.results;
    if (result.error) return postMessage({ ticket, status: 422, problem: result });
    const rows = rowsOf(result, body.schema !== null);
    held.set(ticket, rows);
    for (const old of [...held.keys()].slice(0, -2)) held.delete(old);
    postMessage({ ticket, spans: brief(body.text, rows, body.schema?.types), seconds: (performance.now() - began) / 1000 });
  } catch (error) {
    if (error.name !== "AbortError") postMessage({ ticket, status: 0, problem: null });
  }
}
