// The review queue by keyboard and by mouse. Without this script the same forms decide, one page after the other.

import { choose, chooseNumber, chosen } from "./choice.js";
import * as deciding from "./deciding.js";
import { notice } from "./notices.js";
import { keyInSearch, typed } from "./search.js";
import { words } from "./words.js";

const keys = document.querySelector("[data-keys]");

function press(here, key) {
    const form = here.querySelector(`form[data-key="${key}"]`);
    const button = form && form.querySelector("[type=submit]");
    if (!button || button.disabled) {
        notice(here.querySelector("#no-create")?.textContent || words("notPossible"), { isBad: true });
        return;
    }
    deciding.decide(form);
}

function link(here) {
    const form = chosen(here);
    if (form) {
        deciding.decide(form);
    } else {
        notice(words("chooseFirst"), { isBad: true });
    }
}

function follow(here, selector) {
    here.querySelector(selector)?.click();
}

const BY_KEY = {
    Enter: link,
    n: (here) => press(here, "n"),
    d: (here) => press(here, "d"),
    s: () => deciding.skip(),
    u: () => deciding.undo(),
    a: (here) => follow(here, "[data-alike-link]"),
    "/": (here) => here.querySelector("[data-search]")?.focus(),
    "?": () => keys.showModal(),
};
// What a person may do where nothing is open.
const WITHOUT_CASE = new Set(["u", "?"]);

function isTyping(element) {
    return element.closest("input, textarea, select, [contenteditable], dialog[open]") !== null;
}

document.addEventListener("keydown", (event) => {
    const here = deciding.current();
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.matches("[data-search]")) {
        keyInSearch(here, target, event);
        return;
    }
    if (event.key === "Escape" && isTyping(target)) {
        target.blur();
        return;
    }
    const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
    if (hasModifier || event.repeat || event.isComposing || isTyping(target) || keys.open) {
        return;
    }
    // Enter on a button or a link presses that one.
    if (event.key === "Enter" && target.closest("a, button, summary")) {
        return;
    }
    const isOpen = "open" in here.dataset && !("busy" in here.dataset);
    if (/^[1-5]$/.test(event.key) && isOpen) {
        event.preventDefault();
        chooseNumber(here, Number(event.key));
        return;
    }
    const act = BY_KEY[event.key];
    if (act && (isOpen || WITHOUT_CASE.has(event.key))) {
        event.preventDefault();
        event.stopPropagation();
        act(here);
    }
}, { capture: true });

document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-decide]")) {
        event.preventDefault();
        deciding.decide(event.target);
    } else if (event.target.matches("form[data-reject]")) {
        event.preventDefault();
        deciding.change(event.target);
    }
});

document.addEventListener("click", (event) => {
    const here = deciding.current();
    const target = event.target.closest("[data-choose], [data-skip], [data-go], [data-undo-last], [data-opens-keys]");
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) {
        return;
    }
    if ("choose" in target.dataset) {
        choose(here, target.closest("[data-candidate]"));
    } else if ("undoLast" in target.dataset) {
        deciding.undo();
    } else if ("opensKeys" in target.dataset) {
        keys.showModal();
    } else {
        event.preventDefault();
        if ("skip" in target.dataset) {
            deciding.skip();
        } else {
            deciding.go(target.href);
        }
    }
});

document.addEventListener("input", (event) => {
    const here = deciding.current();
    if (event.target.matches("[data-search]")) {
        typed(here, event.target);
    }
});

window.addEventListener("beforeunload", (event) => {
    if (deciding.isSending()) {
        event.preventDefault();
    }
});

deciding.begin();
// What somebody typed before this script was there.
const field = deciding.current().querySelector("[data-search]");
if (field && field.value !== field.defaultValue) {
    typed(deciding.current(), field);
}
