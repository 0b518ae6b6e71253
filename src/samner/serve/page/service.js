// What the page asks of the service: its facts, its schemas, and extractions through the worker.

import { tab } from "./keep.js";

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
const waiting = new Map(); // ticket or call -> what to do with the answer
let last = 0;

worker.onmessage = ({ data }) => {
  const id = data.call ?? data.ticket;
  waiting.get(id)?.(data);
  waiting.delete(id);
};

/** The key for a service that wants one: kept for this tab only, never in a link. */
export const key = { get: () => tab.get("key") ?? "", set: (value) => tab.set("key", value) };

const headers = () => (key.get() ? { Authorization: `Bearer ${key.get()}` } : {});

async function get(path) {
  const response = await fetch(path, { headers: headers() });
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

export const info = () => get("v1/info");

/** Names, numbers of types and descriptions of the schemas that the service has. */
export const schemas = async () => (await get("v1/schemas")).schemas;

/** One schema: its name and types, these without the fields that say nothing. */
export async function schema(name) {
  const { types } = await get(`v1/schemas/${name.split("/").map(encodeURIComponent).join("/")}`);
  const said = ([, value]) => value !== null && value.length !== 0;
  return { name, types: types.map((t) => Object.fromEntries(Object.entries(t).filter(said))) };
}

/** Ask for the trace of a text: `{ticket, spans, seconds}`, or a Problem is thrown. A newer call ends this one, which
 * then never answers. */
export function extract(text, types) {
  for (const id of [...waiting.keys()].filter(Number.isInteger)) waiting.delete(id);
  const ticket = ++last;
  const body = { text, schema: types && { types }, trace: true };
  worker.postMessage({ ask: "extract", ticket, body, key: key.get() });
  return answer(ticket).then((reply) => {
    if ("problem" in reply) throw new Problem(reply.status, reply.problem);
    return reply;
  });
}

/** All that is known of some spans of an answer. */
export function rows(ticket, at) {
  const call = `rows ${++last}`;
  worker.postMessage({ ask: "rows", call, ticket, at });
  return answer(call).then((reply) => reply.rows);
}

const answer = (id) => new Promise((resolve) => waiting.set(id, resolve));

/** Why the service gave no answer, in a sentence for the person in front of it. */
export class Problem extends Error {
  constructor(status, body) {
    super(sentence(status, body));
    this.status = status;
  }
}

function sentence(status, body) {
  if (!status) return "The service cannot be reached. Is `samner serve` still running?";
  if (status === 401 || status === 403) return "This service wants an API key.";
  const error = body?.error ?? body;
  if (error?.expected) return `Expected ${error.expected}, found ${error.found}; ${error.remedy}.`;
  if (typeof error?.message === "string") return error.message;
  if (typeof body?.detail === "string") return body.detail;
  return `The service answered with an error (${status}).`;
}
