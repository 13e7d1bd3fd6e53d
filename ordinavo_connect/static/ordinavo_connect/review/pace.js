// The thin line: how many are left, and how fast. Counted here, since the shown case was read before the last
// decisions were made; the server's answers set it right.

import { words } from "./words.js";

const LEAST_DECISIONS = 3;
const MINUTE_MS = 60000;
let left = 0;
let done = 0;
let since = 0;

export function begin(here) {
    left = Number(here.dataset.left);
    done = Number(here.dataset.done);
    since = Number(here.dataset.since);
}

export function count(decisions) {
    since = since || Date.now();
    done = Math.max(done + decisions, 0);
    left = Math.max(left - decisions, 0);
}

export function setLeft(number) {
    left = number;
}

export function draw(here) {
    const bar = here.querySelector("[data-pace-bar]");
    if (!bar) {
        return;
    }
    bar.max = Math.max(done + left, 1);
    bar.value = done;
    here.querySelector("[data-pace-left]").textContent = words("left", { left });
    const said = done ? [words("done", { done })] : [];
    if (done >= LEAST_DECISIONS) {
        const minutes = Math.max(Math.round((left * (Date.now() - since)) / done / MINUTE_MS), 1);
        said.push(words("minutes", { minutes }));
    }
    here.querySelector("[data-pace-done]").textContent = said.map((text) => `· ${text}`).join(" ");
}
