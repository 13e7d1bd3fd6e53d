// Another record of the registry, found while one types. Enter chooses the first; the arrows go through them.

import { choose, drawNumbers } from "./choice.js";
import { readCase } from "./server.js";

const PAUSE_MS = 250;
let waiting;
let latest = 0;

async function find(here, field) {
    const turn = ++latest;
    const address = new URL(here.dataset.address, window.location.href);
    address.searchParams.set("q", field.value);
    const answer = await readCase(address);
    const found = answer && answer.querySelector("[data-found]");
    // A later search overtook this one, or another case is shown.
    if (turn === latest && found && field.isConnected) {
        here.querySelector("[data-found]").replaceWith(found);
        drawNumbers(here);
    }
}

function step(here, by) {
    const rows = [...here.querySelectorAll("[data-found] [data-candidate]")];
    const at = rows.findIndex((row) => row.classList.contains("rv-is-chosen"));
    choose(here, rows[Math.min(Math.max(at + by, 0), rows.length - 1)]);
}

export function typed(here, field) {
    clearTimeout(waiting);
    waiting = setTimeout(() => find(here, field), PAUSE_MS);
}

// Whether the key meant something to the search.
export async function keyInSearch(here, field, event) {
    if (event.key === "Escape") {
        field.blur();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        step(here, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
        event.preventDefault();
        clearTimeout(waiting);
        await find(here, field);
        const isChosen = here.querySelector("[data-found] .rv-is-chosen");
        if (isChosen || choose(here, here.querySelector("[data-found] [data-candidate]"))) {
            field.blur();
        }
    }
}
