// The list of types: a name and a definition each. A type from a built-in schema keeps its examples, archetypes,
// parent and threshold, which this page does not show but for the threshold.

import { h } from "./dom.js";

/** Draw the types into `place`; `changed(types)` is called with every edit. The list is the truth while it is shown. */
export function editor(place, changed) {
  let types = [];

  const tell = () => changed(types.map((t) => ({ ...t })));

  function row(type) {
    const name = h("input", {
      class: "name",
      value: type.name,
      dir: "auto",
      placeholder: "type, such as river",
      autocomplete: "off",
      spellcheck: false,
      "aria-label": "Name of the type",
      onpaste: (event) => pasted(event, type),
      oninput: () => renamed(type, name.value),
      onkeydown: (event) => event.key === "Enter" && definition.focus(),
    });
    const definition = h("textarea", {
      class: "definition",
      value: type.definition ?? "",
      dir: "auto",
      rows: 1,
      placeholder: "what it means to you, in a sentence",
      "aria-label": type.name ? `Definition of ${type.name}` : "Definition of the new type",
      oninput: () => ((type.definition = definition.value), fit(definition), tell()),
    });
    const remove = h(
      "button",
      { class: "remove", type: "button", "aria-label": `Remove ${type.name || "this type"}`, onclick: () => removed(type) },
      "×",
    );
    const found = h("span", { class: "found", title: "entities of this type" });
    const own = type.threshold == null ? null : h("span", { class: "own" }, `own threshold ${type.threshold}`);
    const item = h("li", { class: "type" }, h("span", { class: "dot" }), name, found, remove, definition, own);
    item.of = type; // not `type`, which a list item has already
    return item;
  }

  function renamed(type, name) {
    for (const other of types) if (other.parent && other.parent === type.name) other.parent = name;
    type.name = name;
    tell();
  }

  function removed(type) {
    const at = types.indexOf(type);
    types.splice(at, 1);
    for (const other of types) if (other.parent === type.name) delete other.parent;
    place.children[at].remove();
    (place.children[Math.min(at, types.length - 1)]?.querySelector(".name") ?? place).focus();
    tell();
  }

  /** Several lines pasted as a name are several types: `name` or `name: definition`. */
  function pasted(event, type) {
    const lines = event.clipboardData.getData("text").split(/\r?\n/).filter((line) => line.trim());
    if (lines.length < 2) return;
    event.preventDefault();
    const more = lines.map((line) => {
      const [, name, definition] = /^\s*(?:[-*•]\s*)?([^:\t]+?)\s*(?:[:\t]\s*(.*))?$/.exec(line) ?? [, line.trim()];
      return { name, definition: definition ?? "" };
    });
    const named = type.name.trim() ? 1 : 0; // an empty row gives way
    types.splice(types.indexOf(type) + named, 1 - named, ...more);
    set(types);
    tell();
  }

  function set(given) {
    types = given.map((t) => ({ ...t }));
    place.replaceChildren(...types.map(row));
    place.querySelectorAll("textarea").forEach(fit);
  }

  function add() {
    types.push({ name: "", definition: "" });
    place.append(row(types.at(-1)));
    place.lastElementChild.querySelector(".name").focus();
  }

  /** Say beside each type how often it was found, in the colour that most of its entities have. */
  function counts(entities) {
    const tally = new Map();
    for (const { label, archetype } of entities) {
      const of = tally.get(label) ?? tally.set(label, new Map()).get(label);
      of.set(archetype, (of.get(archetype) ?? 0) + 1);
    }
    for (const item of place.children) {
      const kinds = [...(tally.get(item.of.name.trim()) ?? [])].sort((a, b) => b[1] - a[1]);
      item.querySelector(".dot").dataset.kind = kinds[0]?.[0] ?? "";
      item.querySelector(".found").textContent = String(kinds.reduce((sum, [, n]) => sum + n, 0) || "");
    }
  }

  return { set, add, counts };
}

/** Grow a textarea with its text, where CSS cannot. */
function fit(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.blockSize = "auto";
  area.style.blockSize = `${area.scrollHeight}px`;
}
