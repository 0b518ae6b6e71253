// Looking at one entity: by pointer, by Tab and arrows, by touch. What is chosen stays chosen when the text is redrawn.

import { $ } from "./dom.js";
import * as stages from "./stages.js";

const WIDE = matchMedia("(min-width: 76.01rem)"); // there the stages have a column of their own
const text = $("text");
const aside = $("aside");

/** `facts(n)` resolves to what stages.js shows of span n. */
export function looking(facts) {
  let chosen = null; // start:end of the span that is pinned
  let shown = null; // of the one whose stages are on show, which may only be pointed at
  let span = (n) => n;
  const blank = [...$("stages").children];

  const key = (mark) => span(Number(mark.dataset.n));
  const find = (wanted) => [...text.querySelectorAll(".mark")].find((mark) => key(mark) === wanted);

  /** To the button of a mark: the last one in it, those before belong to marks inside. */
  const focus = (mark) => mark && [...mark.querySelectorAll(".tag")].at(-1).focus({ preventScroll: true });

  async function show(mark) {
    const mine = (shown = key(mark));
    const found = await facts(Number(mark.dataset.n));
    if (shown === mine) stages.show($("stages"), found);
  }

  /** Where the stages lie over the text, bring the mark to where it can be seen beside them. */
  function uncover(mark) {
    if (WIDE.matches) return;
    const [over, box] = [aside.getBoundingClientRect(), mark.getBoundingClientRect()];
    if (box.bottom > over.top && box.right > over.left) scrollBy({ top: box.top - 72 });
  }

  async function choose(mark) {
    text.querySelector(".mark.chosen")?.classList.remove("chosen");
    mark.classList.add("chosen");
    chosen = key(mark);
    aside.classList.add("chosen");
    $("close").hidden = false;
    await show(mark);
    uncover(mark);
  }

  function leave() {
    const mark = text.querySelector(".mark.chosen");
    if (aside.contains(document.activeElement)) focus(mark); // which chooses it, hence before the rest
    mark?.classList.remove("chosen");
    chosen = shown = null;
    aside.classList.remove("chosen");
    $("close").hidden = true;
    $("stages").replaceChildren(...blank);
  }

  const markAt = (event) => event.target.closest?.(".mark");
  text.addEventListener("pointerover", (event) => {
    const mark = event.pointerType === "mouse" && WIDE.matches && markAt(event);
    if (mark) show(mark);
  });
  text.addEventListener("pointerleave", () => {
    const back = chosen && find(chosen);
    if (back && shown !== chosen) show(back);
  });
  text.addEventListener("click", async (event) => {
    const mark = markAt(event);
    if (!mark || !getSelection().isCollapsed) return;
    await choose(mark);
    if (event.detail === 0) $("stages").querySelector("h2")?.focus(); // by key: go on reading there, Escape leads back
  });
  text.addEventListener("focusin", (event) => markAt(event) && choose(markAt(event)));
  text.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".tag")) return;
    event.preventDefault();
    const tags = [...text.querySelectorAll(".tag")];
    tags[tags.indexOf(event.target) + step]?.focus();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && chosen && leave());
  $("close").addEventListener("click", leave);

  return {
    /** Draw again by `redraw()`, and give the new marks what the old ones had: choice, stages, focus. */
    async keep(redraw, keyOf) {
      const focused = document.activeElement?.closest?.("#text .mark");
      const wanted = focused && key(focused);
      span = keyOf;
      await redraw();
      if (wanted && !document.activeElement.closest("#text")) focus(find(wanted));
      if (!chosen) return;
      const mark = find(chosen);
      if (mark) await choose(mark);
      else if (!aside.contains(document.activeElement)) leave();
    },
    /** Go to the entity at a place, if it is drawn. */
    go(wanted) {
      const mark = find(wanted);
      mark?.scrollIntoView({ block: "center" });
      focus(mark);
    },
  };
}
