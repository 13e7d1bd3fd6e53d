"use strict";

// The page of a review: the note goes with whatever is decided, and a search answers while one types.

document.addEventListener("input", (event) => {
    if (event.target.matches("[data-note-source]")) {
        document.querySelectorAll("[data-note]").forEach((field) => { field.value = event.target.value; });
    }
});

let waiting;
let latest = 0;

async function search(field) {
    const turn = ++latest;
    const address = new URL(window.location.href);
    address.searchParams.set("q", field.value);
    const answer = await fetch(address, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.getElementById("found");
    if (turn !== latest || !found) {
        return; // A later search overtook this one, or the log-in has ended.
    }
    document.getElementById("found").replaceWith(found);
    const note = document.querySelector("[data-note-source]").value;
    found.querySelectorAll("[data-note]").forEach((each) => { each.value = note; });
}

document.addEventListener("input", (event) => {
    if (event.target.matches("[data-search]")) {
        clearTimeout(waiting);
        waiting = setTimeout(() => search(event.target), 250);
    }
});
