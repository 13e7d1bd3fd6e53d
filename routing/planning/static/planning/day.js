// Around the plan: the date that is gone to at once, dialogs, a choice of everybody, and progress while a plan is made.

import { fault, read } from "./server.js";

const POLL_MS = 700;
// After that many failures in a row the page says so, and goes on asking less often.
const FAILURES = 3;

document.addEventListener("change", (event) => {
    if (event.target.matches("[data-goes]")) {
        event.target.form.requestSubmit();
    } else if (event.target.matches("[data-all]")) {
        const boxes = event.target.closest("fieldset").querySelectorAll("input[type=checkbox]:not([data-all])");
        boxes.forEach((box) => { box.checked = event.target.checked; });
    } else if (event.target.matches("[name=target]")) {
        // Who ticks a single target means those that are ticked.
        event.target.form.querySelector("[name=targets][value=chosen]").checked = true;
    }
});

document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
        document.getElementById(opener.dataset.opens).showModal();
    }
    const closer = event.target.closest("dialog [data-close]");
    if (closer) {
        closer.closest("dialog").close();
    }
});

const wait = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

async function follow(bar) {
    let failures = 0;
    for (;;) {
        await wait(failures > FAILURES ? POLL_MS * 8 : POLL_MS);
        const answer = await read(bar.dataset.progress);
        const note = document.getElementById("progress-note");
        if (answer.ok) {
            failures = 0;
            note.textContent = answer.data.says;
            bar.value = answer.data.progress;
            if (!answer.data.isRunning) {
                window.location.reload();
                return;
            }
        } else {
            failures += 1;
            note.textContent = failures > FAILURES ? fault(answer) : note.textContent;
        }
    }
}

const bar = document.querySelector("[data-progress]");
if (bar) {
    follow(bar);
}
