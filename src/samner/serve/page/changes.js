// What an edit of the types did to the entities.

import { count, h } from "./dom.js";

/** Compare two settled results on one text: `{added, removed, retyped}`, the last as pairs of before and after. */
export function compare(before, after) {
  const place = (span) => `${span.start}:${span.end}`;
  const old = new Map(before.map((span) => [place(span), span]));
  const now = new Map(after.map((span) => [place(span), span]));
  return {
    added: after.filter((span) => !old.has(place(span))),
    removed: before.filter((span) => !now.has(place(span))),
    retyped: after
      .filter((span) => old.has(place(span)) && old.get(place(span)).label !== span.label)
      .map((span) => [old.get(place(span)), span]),
  };
}

/** Fill `place` with a comparison; `go(span)` is called for an item that is chosen. */
export function show(place, text, { added, removed, retyped }, go) {
  const said = [
    added.length && `${added.length} added`,
    removed.length && `${removed.length} removed`,
    retyped.length && `${retyped.length} retyped`,
  ].filter(Boolean);
  place.querySelector(".sum").textContent = said.length ? said.join(", ") : "no entity changed";
  const mention = (span) => h("b", { dir: "auto" }, text.slice(span.start, span.end));
  const item = (span, sign, ...rest) =>
    h("li", {}, h("button", { type: "button", onclick: () => go(span) }, h("span", { class: "sign" }, sign), ...rest));
  const all = [
    ...added.map((s) => [s, "added", mention(s), ` ${s.label}`]),
    ...removed.map((s) => [s, "removed", mention(s), " ", h("s", {}, s.label)]),
    ...retyped.map(([was, s]) => [s, "retyped", mention(s), " ", h("s", {}, was.label), ` ${s.label}`]),
  ].sort((a, b) => a[0].start - b[0].start);
  const shown = all.slice(0, 200).map((one) => item(...one));
  const rest = all.length - shown.length;
  place.querySelector("ul").replaceChildren(...shown, rest ? h("li", {}, `and ${count(rest, "more", "more")}`) : "");
}
