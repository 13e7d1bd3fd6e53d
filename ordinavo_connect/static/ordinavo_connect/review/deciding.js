// Deciding: the next case is shown at once, and the decision is sent meanwhile.
//
// Decisions are sent one after the other, in the order in which they were made. What could not be decided comes
// back as a notice that leads to it; of two people who decide one case the second is told who was first.

import { chooseFirst } from "./choice.js";
import { notice } from "./notices.js";
import * as pace from "./pace.js";
import { post, read, readCase } from "./server.js";
import * as undoable from "./undoable.js";
import { words } from "./words.js";

const LEAVING_MS = 180;
const ALIKE_AFTER_MS = 400;
const root = document.querySelector("[data-review-queue]");
let sending = Promise.resolve();
let inFlight = 0;
// Decided here, whatever the server says of it yet.
const passed = new Set();
let ahead = { after: null, element: null, promise: Promise.resolve(null) };

export function current() {
    return root.querySelector("[data-case]");
}

export function isSending() {
    return inFlight > 0;
}

// Not `form.action`: that is the field of this name.
function addressOf(form) {
    return form.getAttribute("action");
}

function following(here) {
    const address = new URL(here.dataset.queue, window.location.href);
    if (here.dataset.case) {
        address.searchParams.set("after", here.dataset.case);
    }
    address.searchParams.set("passed", [...passed].filter((id) => id !== here.dataset.case).join(","));
    return address;
}

function readAhead() {
    const here = current();
    const mine = { after: here.dataset.case, element: null };
    mine.promise = "open" in here.dataset ? readCase(following(here)) : Promise.resolve(null);
    delete root.dataset.ahead;
    mine.promise.then((element) => {
        mine.element = element;
        if (ahead === mine) {
            root.dataset.ahead = element ? element.dataset.case : "";
        }
    });
    ahead = mine;
}

// Whether a case that was read ahead is still what it was: no question that it rests on was decided since.
function isFresh(element, id) {
    if (!element) {
        return false;
    }
    const rests = (element.dataset.depends || "").split(" ");
    return element.dataset.case !== "" && !passed.has(element.dataset.case) && !rests.includes(id);
}

export function begin() {
    pace.begin(current());
    settle();
}

function settle() {
    const here = current();
    chooseFirst(here);
    pace.draw(here);
    here.querySelectorAll("[data-opens-keys]").forEach((each) => { each.hidden = false; });
    here.querySelectorAll("[data-undo-last]").forEach((each) => { each.hidden = undoable.isEmpty(); });
    readAhead();
    setTimeout(() => countAlike(here), ALIKE_AFTER_MS);
}

async function countAlike(here) {
    const link = here.querySelector("[data-alike-link]");
    if (!link || !here.isConnected || !("open" in here.dataset)) {
        return;
    }
    const { ok, data } = await read(here.dataset.alike);
    if (ok && data && data.count) {
        link.href = data.page;
        link.textContent = data.count === 1 ? words("alikeOne") : words("alike", { count: data.count });
        link.classList.add("rv-has-alike");
    }
}

export function show(element) {
    const here = current();
    const left = here.cloneNode(true);
    here.replaceWith(element);
    left.removeAttribute("data-case");
    left.inert = true;
    left.classList.add("rv-is-leaving");
    root.append(left);
    setTimeout(() => left.remove(), LEAVING_MS);
    if (element.dataset.address) {
        history.replaceState(null, "", element.dataset.address);
    }
    const [, ...place] = document.title.split(" | ");
    document.title = [element.dataset.name, ...place].filter(Boolean).join(" | ");
    document.querySelectorAll("[data-last-decision]").forEach((each) => each.remove());
    window.scrollTo(0, 0);
    element.querySelector("[data-heading]")?.focus({ preventScroll: true });
    settle();
}

export async function go(address) {
    const element = await readCase(address);
    if (element) {
        show(element);
    } else {
        window.location.assign(address);
    }
}

async function goOn(here) {
    const element = await readCase(following(here));
    if (element) {
        show(element);
    } else {
        window.location.reload();
    }
}

export async function skip() {
    const here = current();
    const element = ahead.after === here.dataset.case ? await ahead.promise : null;
    if (current() !== here) {
        return;
    }
    if (element && element.dataset.case) {
        show(element);
    } else {
        notice(words("onlyOne"));
    }
}

export async function decide(form) {
    const here = current();
    if ("busy" in here.dataset) {
        return;
    }
    const id = here.dataset.case;
    const body = new URLSearchParams(new FormData(form));
    // One field for all forms, read when one is sent: it may have been filled before this script was there.
    body.set("note", here.querySelector("[data-note]")?.value ?? "");
    const read = ahead.after === id ? ahead : null;
    let next = read && isFresh(read.element, id) ? read.element : null;
    passed.add(id);
    body.set("passed", [...passed].join(","));
    body.set("shown", next ? next.dataset.case : "");
    inFlight += 1;
    pace.count(1);
    const answering = sending.then(() => post(addressOf(form), body));
    sending = answering;
    if (next) {
        show(next);
    } else {
        here.dataset.busy = "";
        // Who is quicker than the page that is read ahead waits for that page, not for the decision.
        const element = read && await read.promise;
        if (isFresh(element, id) && current() === here) {
            next = element;
            show(next);
        }
    }
    const answer = await answering;
    inFlight -= 1;
    if (answer.ok) {
        await decided(here, answer.data, next);
    } else {
        await refused(here, answer, next);
    }
}

async function decided(here, data, next) {
    undoable.remember(data.undo, here.dataset.case);
    pace.setLeft(data.left);
    notice(data.text, { actions: [[words("undo"), () => undo(data.undo)]] });
    if (!next) {
        await goOn(here);
        return;
    }
    pace.draw(current());
    current().querySelectorAll("[data-undo-last]").forEach((each) => { each.hidden = false; });
    if (data.shown && current() === next) {
        // Somebody else decided the case that is shown: there is nothing to do here.
        passed.add(next.dataset.case);
        notice(data.shown, { isBad: true });
        await goOn(next);
    }
}

async function refused(here, answer, next) {
    const name = here.dataset.name;
    const isOvertaken = answer.status === 409;
    pace.count(-1);
    if (!isOvertaken) {
        passed.delete(here.dataset.case);
    }
    delete here.dataset.busy;
    const back = [words("back"), () => go(here.dataset.address)];
    const said = isOvertaken ? `${name}: ${answer.data.message}` : fault(answer, name);
    notice(said, { isBad: true, actions: next && !isOvertaken ? [back] : [] });
    if (isOvertaken && !next) {
        await goOn(here);
    } else {
        pace.draw(current());
    }
}

function fault({ status, data }, name) {
    if (data && data.message) {
        return `${words("notDecided", { name })} ${data.message}`;
    }
    if (status === 0) {
        return words("unreachable", { name });
    }
    return words(status >= 400 ? "refused" : "loggedOut", { name });
}

// Takes a decision back, by default the last one; the question is shown again.
export async function undo(address) {
    await sending;
    const last = address ? { address } : undoable.takeLast();
    const flash = document.querySelector("[data-last-decision]");
    if (!last) {
        if (flash) {
            flash.requestSubmit();
        } else {
            notice(words("nothingToUndo"), { isBad: true });
        }
        return;
    }
    undoable.forget(last.address);
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const target = new URL(last.address, window.location.href);
    target.search = new URL(current().dataset.queue || "", window.location.href).search;
    const answer = await post(target, new URLSearchParams({ csrfmiddlewaretoken: token }));
    if (!answer.ok) {
        notice(fault(answer, "").trim(), { isBad: true });
        return;
    }
    pace.count(-1);
    pace.setLeft(answer.data.left);
    notice(answer.data.text);
    await go(answer.data.page);
}

// What leaves the question open: a candidate is rejected, or proposed again.
export async function change(form) {
    const here = current();
    const answer = await post(addressOf(form), new URLSearchParams(new FormData(form)));
    if (!answer.ok) {
        notice(fault(answer, here.dataset.name), { isBad: true });
        return;
    }
    notice(answer.data.text);
    if (current() === here) {
        await go(answer.data.page);
    }
}
