// The start.

import { ask, page } from "./app.js";
import { controls } from "./controls.js";
import { say } from "./copy.js";
import { FIRST } from "./first.js";
import * as share from "./share.js";

let damaged = null;
const linked = await share.fromFragment(location.hash).catch((error) => void (damaged = error.message));
page.state = linked ?? share.remembered() ?? structuredClone(FIRST);
await controls();
await ask();
if (damaged) say(damaged);
