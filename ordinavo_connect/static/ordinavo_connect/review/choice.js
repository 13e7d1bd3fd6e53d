// The record that Enter links to: a candidate by its number, or one that a search found.

// The keys 1 to 5.
const KEYS = 5;

function all(here, id) {
    return here.querySelectorAll(`[data-of="${id}"]`);
}

export function chosen(here) {
    const form = here.querySelector("[data-primary]");
    return form && !form.hidden ? form : null;
}

export function choose(here, record) {
    const form = here.querySelector("[data-primary]");
    if (!form || !record || !("canLink" in record.dataset)) {
        return false;
    }
    here.querySelectorAll(".rv-is-chosen").forEach((each) => each.classList.remove("rv-is-chosen"));
    here.querySelectorAll("[data-choose]").forEach((each) => each.setAttribute("aria-pressed", "false"));
    all(here, record.dataset.candidate).forEach((each) => each.classList.add("rv-is-chosen"));
    record.querySelector("[data-choose]")?.setAttribute("aria-pressed", "true");
    form.querySelector("[name=record]").value = record.dataset.candidate;
    form.querySelector("[data-chosen-name]").textContent = record.dataset.name;
    form.hidden = false;
    record.scrollIntoView({ block: "nearest", inline: "nearest" });
    return true;
}

function numbered(here) {
    return [...here.querySelectorAll("[data-candidate]")].slice(0, KEYS);
}

export function chooseNumber(here, number) {
    return choose(here, numbered(here)[number - 1]);
}

// Candidates first, then what else is offered: what is known at the customer, what a search found.
export function drawNumbers(here) {
    numbered(here).forEach((record, place) => {
        const button = record.querySelector("[data-choose]");
        if (button) {
            button.textContent = place + 1;
            button.hidden = false;
        }
    });
}

// The first candidate, unless the page chose none: a conflict, or a question that rests on another.
export function chooseFirst(here) {
    drawNumbers(here);
    if (chosen(here)) {
        chooseNumber(here, 1);
    }
}
