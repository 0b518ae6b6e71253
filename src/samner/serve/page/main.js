// The start.

import { ask, page } from "./app.js";
import { controls } from "./controls.js";
import { say } from "./copy.js";
import { FIRST } from "./first.js";
import * as share from "./share.js";

try {
  page.state = (await share.fromFragment(location.hash)) ?? share.remembered() ?? structuredClone(FIRST);
} catch (error) {
  say(error.message);
}
await controls();
await ask();
