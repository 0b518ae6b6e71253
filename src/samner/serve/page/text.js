// Draws the text with its entities. One block a line of text: only blocks that changed are made anew, in slices, and the
// browser lays out only those in sight, so that long texts stay smooth.

import { breathe, count, h, words } from "./dom.js";

/** Characters of a text up to which its marks lie under it while it is edited. */
export const OVERLAY = 20_000;
const LINE = 2_000; // characters of a block, about, in longer texts that have no line breaks
const SLICE = 8; // milliseconds of drawing before the browser gets a turn
let drawing = 0; // which drawing is the latest; an older one gives up

/** Draw `text` with `marks`, which nest or lie apart, into `place`. A mark is a span with a `state`: "" for an entity,
 * "missed" for a candidate that does not come out, and "new", "other" or "gone" after an edit (`was`: its label before).
 */
export async function draw(place, text, marks) {
  const mine = ++drawing;
  const wanted = blocks(text, [...marks].sort(around));
  const shown = [...place.children];
  const same = (n, m) => shown[n]?.drawn === wanted[m].drawn;
  let head = 0;
  while (head < wanted.length && same(head, head)) head++;
  let tail = 0;
  while (tail < Math.min(wanted.length, shown.length) - head && same(shown.length - 1 - tail, wanted.length - 1 - tail))
    tail++;
  const old = shown.slice(head, shown.length - tail);
  const next = shown[shown.length - tail] ?? null;
  let until = performance.now() + SLICE;
  for (const [n, block] of wanted.slice(head, wanted.length - tail).entries()) {
    if (performance.now() > until) {
      await breathe();
      if (mine !== drawing) return;
      until = performance.now() + SLICE;
    }
    if (old[n]?.drawn === block.drawn) offset(old[n], block);
    else if (old[n]) old[n].replaceWith(element(text, block));
    else place.insertBefore(element(text, block), next);
  }
  for (const rest of old.slice(wanted.length - tail - head)) rest.remove();
  [...place.children].forEach((one, n) => offset(one, wanted[n]));
}

/** Lines with what is marked in them; a line break inside a mark does not part blocks. */
function blocks(text, marks) {
  const found = [];
  let start = 0;
  let n = 0;
  while (start <= text.length) {
    let end = ending(text, start, start);
    const inside = [];
    for (; n < marks.length && marks[n].start < end; n++) {
      inside.push(marks[n]);
      if (marks[n].end > end) end = ending(text, start, marks[n].end);
    }
    const facts = inside.map((m) => [m.start - start, m.end - start, m.label, m.archetype, m.state, m.was]);
    found.push({ start, end, marks: inside, drawn: JSON.stringify([text.slice(start, end), facts]) });
    start = text[end] === "\n" || end === text.length ? end + 1 : end;
  }
  return found;
}

/** Where the block that starts at `start` and holds all up to `from` ends: at a line break, or, in a text so long that
 * it would not be smooth as one line, behind a sentence or a word. */
function ending(text, start, from) {
  const stop = text.indexOf("\n", from);
  const end = stop < 0 ? text.length : stop;
  if (text.length <= OVERLAY || end - start < 2 * LINE) return end;
  const at = Math.max(from, start + LINE);
  const [sentence, word] = [text.indexOf(". ", at) + 2, text.indexOf(" ", at) + 1];
  const cut = sentence > 1 && sentence < at + LINE ? sentence : word || end;
  return Math.min(cut, end);
}

function element(text, block) {
  const place = h("div", { class: "line", dir: "auto" }, pieces(text, block.start, block.end, block.marks));
  if (block.start === block.end) place.append(h("br"));
  place.drawn = block.drawn;
  return offset(place, block);
}

/** Tell a block's marks which spans they are: after an edit elsewhere these have other numbers. */
function offset(place, block) {
  const numbers = block.marks.map((mark) => mark.n).join();
  if (place.numbers !== numbers)
    place.querySelectorAll("[data-n]").forEach((mark, n) => (mark.dataset.n = block.marks[n].n));
  place.numbers = numbers;
  return place;
}

function pieces(text, start, end, marks) {
  const made = [];
  let at = start;
  for (let n = 0; n < marks.length; ) {
    const inner = [];
    const mark = marks[n++];
    while (n < marks.length && marks[n].start < mark.end) inner.push(marks[n++]);
    made.push(text.slice(at, mark.start), markOf(text, mark, inner));
    at = mark.end;
  }
  made.push(text.slice(at, end));
  return made.filter((piece) => piece !== "");
}

/** Keep a label on the line on which its mention ends. */
function together(made, tag) {
  const end = made.at(-1);
  const [last] = typeof end === "string" ? /\S{1,24}$/.exec(end) ?? [""] : [""];
  if (!last || /\S{25}$/.test(end)) return [...made, tag];
  return [...made.slice(0, -1), end.slice(0, end.length - last.length), h("span", { class: "last" }, last, tag)];
}

const SAID = {
  missed: "does not come out",
  new: "added by your edit",
  other: "retyped by your edit",
  gone: "removed by your edit",
};

/** A mark, and at its end the button that says its label and opens its stages. */
function markOf(text, mark, inner) {
  const label = mark.state === "missed" ? "" : mark.label;
  const visible = [mark.was, label].filter(Boolean).join(" ");
  const mention = text.slice(mark.start, mark.end);
  const said = [mention, words(mark.archetype), SAID[mark.state]].filter(Boolean).join(", ");
  return h(
    mark.state === "missed" || mark.state === "gone" ? "span" : "mark",
    { class: `mark ${mark.state}`.trim(), "data-n": mark.n, "data-kind": mark.archetype },
    together(pieces(text, mark.start, mark.end, inner), h(
      "button",
      { class: `tag ${mark.state}`.trim(), type: "button", "aria-label": visible ? `${visible}: ${said}` : said },
      mark.was ? h("s", {}, mark.was) : null,
      mark.was ? " " : null,
      label,
    )),
  );
}

const around = (a, b) => a.start - b.start || b.end - a.end;

/** Where every mark would be after the text is edited, until the service has answered: those touched are left out. */
export function moved(marks, before, after) {
  let head = 0;
  const most = Math.min(before.length, after.length);
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const shift = after.length - before.length;
  return marks
    .filter((m) => m.end <= head || m.start >= before.length - tail)
    .map((m) => (m.end <= head ? m : { ...m, start: m.start + shift, end: m.end + shift }));
}

/** `12 entities of 3 types`, for those who do not see the text. */
export const summary = (entities) =>
  `${count(entities.length, "entity", "entities")} of ${count(new Set(entities.map((e) => e.label)).size, "type")}`;
