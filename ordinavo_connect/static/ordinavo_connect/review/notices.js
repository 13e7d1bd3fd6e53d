// Short notices at the edge of the page: what was decided, with its undo, and what went wrong, with the cure.

import { words } from "./words.js";

const GOOD_STAYS_MS = 8000;
const MOST = 3;
const place = document.querySelector("[data-notices]");

function button(text, press) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "oc-button oc-tool";
    made.textContent = text;
    made.addEventListener("click", press);
    return made;
}

// Shows a text; `actions` are [text, function] pairs. What went wrong stays until it is closed.
export function notice(text, { isBad = false, actions = [] } = {}) {
    const made = document.createElement("div");
    made.className = `rv-notice oc-note ${isBad ? "oc-bad" : "oc-good"}`;
    const said = document.createElement("span");
    said.textContent = `${isBad ? "✕" : "✓"} ${text}`;
    made.append(said);
    actions.forEach(([label, press]) => made.append(button(label, () => { made.remove(); press(); })));
    if (isBad) {
        made.append(button(words("close"), () => made.remove()));
    } else {
        setTimeout(() => made.remove(), GOOD_STAYS_MS);
    }
    place.append(made);
    const good = place.querySelectorAll(".oc-good");
    if (good.length > MOST) {
        good[0].remove();
    }
}
