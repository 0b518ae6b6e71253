// Buttons, dials, picker: each changes the state and says what has to follow.

import { edited, fault, page, render, schemaShown, schemaTaken, thresholdShown, types, waiting, wanted } from "./app.js";
import { copy, say } from "./copy.js";
import { $, count, h } from "./dom.js";
import { FIRST } from "./first.js";
import * as exporting from "./export.js";
import { visits } from "./keep.js";
import * as service from "./service.js";
import * as share from "./share.js";
import { OVERLAY } from "./text.js";

let builtin = []; // names of the schemas that samner itself has

/** Wire everything, and show the state that the page starts with. */
export async function controls() {
  theme();
  reading();
  dials();
  takeAlong();
  comparing();
  picking();
  $("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    service.key.set($("key").value.trim());
    $("key").value = "";
    waiting(true);
    facts().then(() => edited());
  });
  narrow();
  types.set(page.state.schema.types ?? []);
  schemaShown();
  await facts();
}

/** What the service tells of itself: colours, thresholds, schemas. Without it the page still extracts. */
async function facts() {
  try {
    const [info, schemas] = await Promise.all([service.info(), service.schemas()]);
    colours(info.archetypes ?? []);
    page.usual = { typed: info.model.thresholds.default, untyped: info.model.every_threshold };
    const llm = info.model.llm ? ` with ${info.model.llm.llm}` : "";
    $("model").textContent = `${info.model.id} ${info.model.sha256.slice(0, 8)}${llm}`;
    builtin = schemas.filter((one) => one.builtin).map((one) => one.name);
    const option = (value, text) => h("option", { value }, text);
    const group = (label, some) =>
      some.length ? h("optgroup", { label }, ...some.map(({ name }) => option(name, name))) : null;
    $("schema").replaceChildren(
      option("", "my own types"),
      option("*", "every entity, no types"),
      ...[group("Built in", schemas.filter((one) => one.builtin)), group("Stored here", schemas.filter((one) => !one.builtin))]
        .filter(Boolean),
    );
    schemaShown();
  } catch (error) {
    if (!(error instanceof service.Problem)) throw error;
  }
}

/** Each archetype's colour as a custom property; a name or colour from outside cannot leave its place in the rule. */
function colours(archetypes) {
  const sheet = new CSSStyleSheet();
  for (const { name, colour } of archetypes)
    if (/^#[0-9a-f]{6}$/i.test(colour)) sheet.insertRule(`[data-kind="${CSS.escape(name)}"] { --kind: ${colour} }`);
  document.adoptedStyleSheets = [sheet];
}

// Reading and editing

function reading() {
  const source = $("source");
  source.value = page.state.text;
  $("edit").addEventListener("click", () => mode(true));
  $("read").addEventListener("click", () => mode(false));
  source.addEventListener("input", () => {
    page.state.text = source.value;
    if (source.value.length <= OVERLAY) render();
    edited(source.value.length <= OVERLAY ? 350 : 900);
  });
  source.addEventListener("paste", () => {
    const whole = source.selectionStart === 0 && source.selectionEnd === source.value.length;
    if (whole) setTimeout(() => mode(false)); // after the text is in
  });
  source.addEventListener("keydown", (event) => event.key === "Escape" && mode(false));
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea, select, dialog")) return;
    const text = event.clipboardData.getData("text/plain");
    if (text.trim()) replaced(text);
  });
}

/** A text pasted anywhere takes the place of the one shown. */
function replaced(text) {
  $("source").value = text;
  page.state.text = $("source").value; // with the line ends of a textarea
  mode(false);
  edited();
  say("The pasted text is being read.");
}

function mode(editing) {
  const source = $("source");
  const was = page.editing;
  page.editing = editing;
  const over = editing && page.state.text.length <= OVERLAY;
  source.hidden = !editing;
  source.classList.toggle("tall", editing && !over);
  $("text").classList.toggle("below", over);
  $("text").hidden = editing && !over;
  $("text").inert = editing;
  $("read").ariaPressed = String(!editing);
  $("edit").ariaPressed = String(editing);
  render();
  if (editing) {
    source.focus();
    if (page.state.text === FIRST.text) source.select(); // to be typed over
  } else if (was && document.activeElement === document.body) $("read").focus({ preventScroll: true });
}

// Dials

function dials() {
  $("threshold").addEventListener("input", () => {
    page.state.threshold = Number($("threshold").value);
    thresholdShown();
    dialled();
  });
  $("threshold-reset").addEventListener("click", () => {
    page.state.threshold = null;
    thresholdShown();
    $("threshold").focus();
    dialled();
  });
  $("nested").checked = page.state.nested;
  $("nested").addEventListener("change", () => {
    page.state.nested = $("nested").checked;
    dialled();
  });
  $("missed").addEventListener("change", () => {
    page.missed = $("missed").checked;
    render();
  });
}

let frame = 0;

/** A dial was moved: no question to the service, and one drawing a frame. */
function dialled() {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => render());
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  share.remember(page.state);
}

// Schemas

function picking() {
  $("add").addEventListener("click", () => types.add());
  $("schema").addEventListener("change", async () => {
    const name = $("schema").value;
    waiting(true);
    try {
      if (name === "*") schemaTaken({ name: null, types: null });
      else if (name) schemaTaken(await service.schema(name));
      else schemaTaken({ name: null, types: page.state.schema.types ?? [] });
    } catch (error) {
      waiting(false);
      schemaShown();
      fault(error);
    }
  });
}

// Before and after an edit of the types

function comparing() {
  $("keep").addEventListener("click", () => {
    page.before = null;
    render();
    $("add").focus({ preventScroll: true });
  });
  $("undo").addEventListener("click", () => {
    schemaTaken(page.before.schema);
    $("add").focus({ preventScroll: true });
  });
}

// Taking the result along

function takeAlong() {
  const result = (form, name) => async () => {
    const { result, entities } = page;
    const rows = await service.rows(result.ticket, entities.map((span) => span.n));
    copy(form(result.text, rows, entities), `${count(entities.length, "entity", "entities")} copied as ${name}`);
  };
  $("copy-json").addEventListener("click", result(exporting.json, "JSON"));
  $("copy-csv").addEventListener("click", result(exporting.csv, "CSV"));
  $("copy-python").addEventListener("click", () => {
    const schema = { ...page.state.schema, types: wanted(page.state.schema) };
    copy(exporting.python({ ...page.state, schema }, builtin.includes(schema.name)), "Python program copied");
  });
  $("copy-link").addEventListener("click", async () => {
    const fragment = await share.toFragment(page.state);
    history.replaceState(null, "", fragment);
    copy(location.href, "Link copied; it holds text and types");
  });
}

// The look of the page itself

function theme() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const shown = () => ($("theme").textContent = dark() ? "Light" : "Dark");
  const kept = visits.get("theme");
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    visits.set("theme", root.dataset.theme);
    shown();
  });
  shown();
}

/** On a narrow page the types are folded away at first, so that the text comes into sight. */
function narrow() {
  const small = matchMedia("(max-width: 52rem)");
  const fold = () => ($("panel").open = !small.matches);
  small.addEventListener("change", fold);
  fold();
}
