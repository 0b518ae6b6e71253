// What a browser keeps between loads, where it lets a page keep anything.

/** `get(name)` is null for what is not there; `set` does nothing where the store is full or forbidden. */
const store = (area) => ({
  get(name) {
    try {
      return globalThis[area].getItem(`samner.${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      globalThis[area].setItem(`samner.${name}`, value);
    } catch {
      // the page works without; what was under way is then gone with a reload
    }
  },
});

/** For as long as the tab lives. */
export const tab = store("sessionStorage");
/** For every visit. */
export const visits = store("localStorage");
