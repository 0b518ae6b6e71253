// What the three stages saw and decided about one span.

import { h, words } from "./dom.js";

const SHOWN = 6; // rows before "more", fewer where the rest is next to nothing
const LITTLE = 0.005;
const scored = (score) => (score < 0.005 ? "<0.01" : score.toFixed(2));
const percent = (share) => (share < 0.001 ? "<0.1%" : share >= 0.9995 ? "100%" : `${(share * 100).toFixed(1)}%`);

/** Fill `place` with the stages of a row (see worker.js), which is undefined for a span that nobody finds any more.
 * `limit` tells the threshold of a label, `taken` is the entity that came out, if any, and `gone` what an edit removed. */
export function show(place, { row, limit, taken, gone }) {
  const was = gone && h("p", { class: "why" }, `Removed by your edit; it was ${gone.label}.`);
  if (!row) {
    const lost = h("p", { class: "why" }, "With these types no extractor proposes it.");
    return place.replaceChildren(h("h2", { tabIndex: -1, dir: "auto" }, gone?.text ?? ""), was ?? "", lost);
  }
  place.replaceChildren(
    h("h2", { tabIndex: -1, dir: "auto" }, row.text),
    h("p", { class: "place" }, `characters ${row.start}–${row.end}`),
    was ?? "",
    stage(1, "Discovery", "Who found it?", discovery(row)),
    row.archetypes.length ? stage(2, "Mediation", "What kind of thing is it?", mediation(row)) : "",
    row.candidates.length ? stage(3, "Calibration", "Which of your types fits?", calibration(row, limit, taken)) : "",
  );
}

const stage = (n, name, question, body) =>
  h(
    "section",
    { class: "stage" },
    h("h3", {}, h("span", { class: "number", "aria-hidden": "true" }, String(n)), name),
    h("p", { class: "question" }, question),
    body,
  );

function discovery({ sources, kept, why }) {
  const rows = Object.entries(sources).sort((a, b) => b[1] - a[1]);
  return [
    bars(rows.map(([name, share]) => ({ name, share })), scored),
    h("p", { class: "why" }, `${kept ? "Kept" : "Left out"}: ${why}.`),
  ];
}

const mediation = ({ archetypes }) =>
  bars(archetypes.map(([name, share]) => ({ name: words(name), share, kind: name })), percent);

function calibration({ candidates, notes }, limit, taken) {
  const [label, score] = candidates.find(([name, reached]) => reached >= limit(name)) ?? candidates[0];
  const least = limit(label);
  return [
    bars(candidates.map(([name, share, facts]) => ({ name, share, least: limit(name), facts })), scored),
    h("p", { class: "why" }, decision(label, score, least, taken)),
    ...notes.map(({ event, detail }) => h("p", { class: "why" }, `Language model: ${[event, detail].filter(Boolean).join(", ")}.`)),
  ];
}

function decision(label, score, least, taken) {
  const compared = `${scored(score)} ${score >= least ? "reaches" : "is below"} the threshold of ${least.toFixed(2)}`;
  if (taken) return `Comes out as ${taken.label}: ${compared}.`;
  if (score < least) return `Does not come out: ${label} is the best, but ${compared}.`;
  return `Does not come out: ${compared}, but a better entity overlaps it.`;
}

/** A list of shares as bars, the best few at once and the rest to unfold; `put` writes a share. */
function bars(rows, put) {
  const item = (row) =>
    h(
      "li",
      { title: evidence(row.facts) },
      h("span", { class: "name", dir: "auto" }, row.name),
      h("span", { class: "value" }, put(row.share)),
      h(
        "span",
        { class: "bar", "data-kind": row.kind ?? null, "aria-hidden": "true" },
        h("span", { class: "fill", style: { "inline-size": `${Math.min(row.share, 1) * 100}%` } }),
        row.least === undefined ? null : h("span", { class: "least", style: { "inset-inline-start": `${row.least * 100}%` } }),
      ),
    );
  const shown = Math.min(Math.max(rows.filter((row) => row.share >= LITTLE).length, 3), SHOWN);
  if (rows.length <= shown + 1) return h("ul", { class: "bars" }, rows.map(item));
  const rest = rows.slice(shown);
  return [
    h("ul", { class: "bars" }, rows.slice(0, shown).map(item)),
    h(
      "details",
      { class: "more" },
      h("summary", {}, `${rest.length} more, the best ${put(rest[0].share)}`),
      h("ul", { class: "bars" }, rest.map(item)),
    ),
  ];
}

/** What a calibrator tells beside its score, as `match −1.2, prior −3.4`. */
function evidence(facts) {
  const told = Object.entries(facts ?? {}).filter(([name]) => name !== "label" && name !== "score");
  return told.map(([name, value]) => `${name} ${Number(value).toFixed(2)}`).join(", ") || null;
}
