// The state of the page, the way from an edit to an answer, and from an answer to what is seen.

import * as changes from "./changes.js";
import { $, count, debounced, h, words } from "./dom.js";
import { FIRST } from "./first.js";
import { looking } from "./look.js";
import * as service from "./service.js";
import { beside, limits, settle } from "./settle.js";
import * as share from "./share.js";
import { draw, moved, OVERLAY, summary } from "./text.js";
import { editor } from "./types.js";

export const page = {
  state: structuredClone(FIRST),
  result: null, // the latest answer, and what it answers: {ticket, spans, seconds, text, types, schema}
  before: null, // the answer before the types were edited, to compare with
  entities: [], // those of `result` that come out as things stand
  alone: null, // the archetype shown alone
  missed: false, // show candidates that do not come out
  editing: false,
  usual: { typed: 0.5, untyped: 0.5 }, // the model's own thresholds
};

/** The types as the service takes them: named ones; null when there is none, which asks for every entity. */
export function wanted({ types }) {
  const named = (types ?? []).filter((t) => t.name.trim());
  return named.length ? named.map((t) => ({ ...t, name: t.name.trim() })) : null;
}

// From an edit to an answer

const later = debounced(ask);

/** Show that what is seen is not yet the answer to the latest edit. */
export const waiting = (so) => document.querySelector(".sheet").classList.toggle("waiting", so);

/** Something changed that the service must be asked about. The address no longer tells what is shown. */
export function edited(delay = 0) {
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  share.remember(page.state);
  waiting(true);
  later(delay);
}

let asked = 0;

/** Ask about the state as it is. An answer to an older question is dropped. */
export async function ask() {
  const mine = ++asked;
  const { text } = page.state;
  const schema = structuredClone(page.state.schema);
  const types = wanted(schema);
  waiting(true);
  try {
    const blank = { ticket: 0, spans: [], seconds: 0 };
    const reply = text.trim() ? await service.extract(text, types) : blank;
    if (mine !== asked) return;
    page.result = { ...reply, text, types, schema };
    if (page.before && page.before.text !== text) page.before = null;
    fault(null);
    await render();
    $("said").textContent = summary(page.entities);
  } catch (error) {
    if (mine !== asked) return;
    fault(error);
  }
  waiting(false);
}

/** Tell of a fault, or with null that there is none any more. */
export function fault(error) {
  const place = $("problem");
  place.hidden = !error;
  place.querySelector("p").textContent = error?.message ?? "";
  $("key-form").hidden = ![401, 403].includes(error?.status);
  if (error && !(error instanceof service.Problem)) throw error;
}

// From an answer to what is seen

export const limitOf = (types) =>
  limits(types, types ? page.usual.typed : page.usual.untyped, page.state.threshold);

/** Draw all that follows from the answer and the dials. Asks nobody. */
export async function render() {
  const { result, state, before } = page;
  if (!result) return;
  const out = (of) => settle(of.spans, limitOf(of.types), state.nested);
  page.entities = out(result);
  const change = before && changes.compare(out(before), page.entities);
  $("changes").hidden = !change;
  if (change) changes.show($("changes"), result.text, change, (span) => look.go(placeOf(span)));
  drawLegend();
  types.counts(page.entities);
  const took = result.ticket ? `, ${result.seconds.toFixed(result.seconds < 0.1 ? 2 : 1)} s` : "";
  $("state").textContent = result.text.trim() ? `${count(page.entities.length, "entity", "entities")}${took}` : "no text yet";
  const marks = marksOf(result, change);
  const now = state.text === result.text ? marks : moved(marks, result.text, state.text);
  const keys = new Map(marks.map((mark) => [mark.n, placeOf(mark)]));
  await look.keep(() => draw($("text"), layer() ? state.text : result.text, layer() ? now : marks), (n) => keys.get(n));
  markAlone();
}

const placeOf = ({ start, end }) => `${start}:${end}`;

/** Is the drawn text to follow the one under edit? */
const layer = () => page.editing && page.state.text.length <= OVERLAY;

function marksOf(result, change) {
  const added = new Set(change?.added);
  const was = new Map(change?.retyped.map(([old, span]) => [span, old.label]));
  const taken = page.entities.map((span) => ({
    ...span,
    state: added.has(span) ? "new" : was.has(span) ? "other" : "",
    was: was.get(span),
  }));
  const gone = (change?.removed ?? []).map((span) => ({ ...span, n: -1 - span.n, state: "gone" }));
  const marks = [...taken, ...beside(taken, gone)];
  if (!page.missed) return marks;
  const out = new Set(page.entities.map((span) => span.n));
  const rest = result.spans.filter((span) => !out.has(span.n)).map((span) => ({ ...span, state: "missed" }));
  return [...marks, ...beside(marks, rest)];
}

function drawLegend() {
  const tally = new Map();
  for (const { archetype } of page.entities) tally.set(archetype, (tally.get(archetype) ?? 0) + 1);
  if (!tally.has(page.alone)) page.alone = null;
  const chip = ([kind, n]) =>
    h(
      "button",
      {
        type: "button",
        "data-kind": kind,
        "aria-pressed": String(kind === page.alone),
        "aria-label": `${words(kind)}: ${n}`,
        onclick: () => {
          page.alone = kind === page.alone ? null : kind;
          for (const one of $("legend").children) one.ariaPressed = String(one.dataset.kind === page.alone);
          markAlone();
        },
      },
      h("span", { class: "dot", "data-kind": kind }),
      words(kind),
      h("b", {}, String(n)),
    );
  const focused = document.activeElement?.closest?.("#legend button")?.dataset.kind;
  $("legend").replaceChildren(...[...tally].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(chip));
  if (focused) [...$("legend").children].find((one) => one.dataset.kind === focused)?.focus();
}

function markAlone() {
  $("text").classList.toggle("alone", page.alone !== null);
  if (page.alone !== null)
    for (const mark of $("text").querySelectorAll(".mark"))
      mark.classList.toggle("shown", mark.dataset.kind === page.alone);
}

/** What is to be shown of span n; a removed one (see `marksOf`) is looked up among what is found now. */
const look = looking(async (n) => {
  const { result, entities, before } = page;
  const old = n < 0 ? before?.spans[-1 - n] : null;
  const now = old ? result.spans.find((span) => placeOf(span) === placeOf(old))?.n : n;
  const [row] = now === undefined ? [] : await service.rows(result.ticket, [now]);
  const gone = old && { text: result.text.slice(old.start, old.end), label: old.label };
  return { row, gone, limit: limitOf(result.types), taken: entities.find((span) => span.n === now) };
});

// The types

export const types = editor($("types"), (now) => {
  const { result, state } = page;
  if (!page.before && result?.text === state.text) page.before = result;
  state.schema = { name: null, types: now };
  schemaShown();
  edited(400);
});

/** Show the schema of the state: in the list of types, in the picker, in the panel's head, and by its usual threshold. */
export function schemaShown() {
  const { name, types } = page.state.schema;
  $("schema").value = types === null ? "*" : name ?? "";
  $("panel-sum").textContent = types?.length ? `${types.length}${name ? `, ${name}` : ""}` : "every entity";
  $("untyped").hidden = !!types?.length;
  thresholdShown();
}

export function thresholdShown() {
  const { threshold, schema } = page.state;
  const usual = wanted(schema) ? page.usual.typed : page.usual.untyped;
  $("threshold").value = threshold ?? usual;
  $("threshold-said").textContent = (threshold ?? usual).toFixed(2) + (threshold === null ? " default" : "");
  $("threshold").setAttribute("aria-valuetext", $("threshold-said").textContent);
  $("threshold-reset").hidden = threshold === null;
  $("usual").style.setProperty("--usual", usual);
}

/** Take another schema as a whole, with nothing to compare it with. */
export function schemaTaken(schema) {
  page.state.schema = schema;
  page.before = null;
  types.set(schema.types ?? []);
  schemaShown();
  edited();
}
