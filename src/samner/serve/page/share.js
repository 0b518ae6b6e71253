// The state of the page as a link. It goes behind the `#`, which browsers keep to themselves: a shared text reaches no
// server's log. It is written into the address only when somebody asks for a link, since addresses are kept in
// histories and synchronised; what is under way lives in the tab's own storage.

import { tab } from "./keep.js";

const LARGEST = 4_000_000; // characters that a link may unfold to
const MARK = "#v1.";

/** The fragment of a state: JSON, deflated, base64url. */
export async function toFragment(state) {
  const packed = new Blob([JSON.stringify(state)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return MARK + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The state of a fragment; null where there is none. Throws an Error that says what is wrong with a damaged one. */
export async function fromFragment(fragment) {
  if (!fragment.startsWith(MARK)) return null;
  try {
    const binary = atob(fragment.slice(MARK.length).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    return checked(JSON.parse(await unfold(bytes)));
  } catch {
    throw new Error("This link is damaged or cut off, so its text is not shown. Ask for it again.");
  }
}

async function unfold(bytes) {
  const lines = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const reader = lines.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    if (text.length > LARGEST) throw new Error("too large");
  }
  return text;
}

/** Only what a state may hold, each of the kind that it must be: a link is written by anybody. */
function checked({ text, schema, threshold, nested }) {
  const share = (value) => (typeof value === "number" && value >= 0 && value <= 1 ? value : null);
  const strings = (list) => (Array.isArray(list) ? list.filter((one) => typeof one === "string") : []);
  const types = schema?.types?.map((t) => ({
    name: String(t.name ?? ""),
    definition: String(t.definition ?? ""),
    ...(strings(t.examples).length ? { examples: strings(t.examples) } : {}),
    ...(share(t.threshold) === null ? {} : { threshold: t.threshold }),
    ...(strings(t.archetypes).length ? { archetypes: strings(t.archetypes) } : {}),
    ...(typeof t.parent === "string" ? { parent: t.parent } : {}),
  }));
  if (typeof text !== "string") throw new Error("no text");
  const name = typeof schema?.name === "string" ? schema.name : null;
  return { text, schema: { name, types: types ?? null }, threshold: share(threshold), nested: nested === true };
}

/** Keep a state for a reload of this tab. */
export const remember = (state) => tab.set("state", JSON.stringify(state));

/** What this tab had before a reload, or null. */
export function remembered() {
  try {
    return checked(JSON.parse(tab.get("state")));
  } catch {
    return null;
  }
}
