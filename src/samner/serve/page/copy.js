// Into the clipboard, or, where the browser lets no page do that, selected for the person to copy.

import { $ } from "./dom.js";

/** Copy a text and say `done` when that worked. */
export async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    say(done);
  } catch {
    const dialog = $("manual");
    const area = dialog.querySelector("textarea");
    area.value = text;
    dialog.showModal();
    area.select();
  }
}

let timer = 0;

/** Say something to everybody: in the line above the text, and to screen readers. */
export function say(words) {
  const told = $("said");
  told.textContent = words;
  told.classList.add("seen");
  clearTimeout(timer);
  timer = setTimeout(() => told.classList.remove("seen"), 2500);
}
