// Thresholds and overlaps, as samner/calibration.py has them: with every span's score at hand, a threshold can be
// moved without asking the service again. tests/test_page_settle.py holds both to the same answers.

/** label -> the least score with which it comes out. `threshold` null: the types' own, else the model's. */
export function limits(types, usual, threshold) {
  const own = new Map((types ?? []).filter((t) => t.threshold != null).map((t) => [t.name, t.threshold]));
  return threshold === null
    ? (label) => own.get(label) ?? usual
    : (label) => Math.max(own.get(label) ?? 0, threshold);
}

/** A span with the best of its labels that reaches its limit; as it is where none does. */
export function fitting(span, limit) {
  const label = span.others.find((other) => other.score >= limit(other.label));
  return label && label.label !== span.label ? { ...span, ...label } : span;
}

/** The spans that come out, by position. A span has start, end, label and score, and in `others` its labels with their
 * scores, best first, where these may differ in what they need. */
export function settle(spans, limit, nested) {
  const kept = []; // by start
  let reach = 0;
  const labelled = spans.map((span) => fitting(span, limit));
  for (const span of labelled.filter((s) => s.score >= limit(s.label)).sort(byScore)) {
    reach = Math.max(reach, span.end - span.start);
    const first = from(kept, span.start - reach);
    const after = from(kept, span.end);
    let clashes = false;
    for (let n = first; n < after && !clashes; n++) clashes = clash(span, kept[n], nested);
    if (!clashes) kept.splice(from(kept, span.start), 0, span);
  }
  return kept.sort(byPlace);
}

/** Spans of `more` that touch none of `kept` and none of each other, the better one first. */
export function beside(kept, more) {
  const taken = [...kept].sort(byPlace);
  const reach = [...kept, ...more].reduce((longest, s) => Math.max(longest, s.end - s.start), 0);
  const free = [];
  for (const span of [...more].sort(byScore)) {
    const first = from(taken, span.start - reach);
    const after = from(taken, span.end);
    let clashes = false;
    for (let n = first; n < after && !clashes; n++) clashes = clash(span, taken[n], false);
    if (clashes) continue;
    taken.splice(from(taken, span.start), 0, span);
    free.push(span);
  }
  return free;
}

export const byPlace = (a, b) => a.start - b.start || b.end - a.end;

const byScore = (a, b) =>
  b.score - a.score || a.start - b.start || b.end - a.end || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);

/** How many of `spans`, which are by start, start before `at`. */
function from(spans, at) {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle].start < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function clash(span, other, nested) {
  if (span.start >= other.end || other.start >= span.end) return false;
  if (!nested || (span.start === other.start && span.end === other.end)) return true;
  const inside = other.start <= span.start && span.end <= other.end;
  const around = span.start <= other.start && other.end <= span.end;
  return !inside && !around;
}
