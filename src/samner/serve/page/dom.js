// The only way in which this page makes elements. Whatever comes from outside goes in as text, never as markup.

/** The element of an id. */
export const $ = (id) => document.getElementById(id);

/** An element with properties and children; strings become text nodes, null and false are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** `creative_work` as a person would write it. */
export const words = (name) => name.replaceAll("_", " ");

/** A count with its noun: `1 entity`, `2 entities`. */
export const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** A call that waits until nobody has made it for a while. */
export function debounced(call) {
  let timer = 0;
  return (delay, ...given) => {
    clearTimeout(timer);
    timer = setTimeout(call, delay, ...given);
  };
}

/** Let the browser paint and take keys, then go on. */
export const breathe = () =>
  globalThis.scheduler?.yield ? scheduler.yield() : new Promise((resume) => setTimeout(resume));
