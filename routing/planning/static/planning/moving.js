// The dialog that moves a target: who could do it, at which place, what each costs and breaks. Nothing is moved yet.

import { element, filled, tag } from "./elements.js";
import { fault, read } from "./server.js";

export class Moving {
    constructor(dialog, { words, address, move }) {
        this.dialog = dialog;
        this.words = words;
        this.address = address;
        this.move = move;
        dialog.addEventListener("click", (event) => {
            if (event.target === dialog || event.target.closest("[data-close]")) {
                dialog.close();
            }
        });
    }

    async open(plan, target) {
        const body = this.dialog.querySelector("[data-places]");
        const title = filled(this.words.moveTitle, { what: plan.targets[target].title });
        this.dialog.querySelector("h2").textContent = title;
        body.replaceChildren(element("p", { class: "oc-quiet" }, this.words.working));
        this.dialog.showModal();
        const answer = await read(`${this.address}?target=${target}`);
        if (!answer.ok) {
            body.replaceChildren(element("p", { class: "oc-note oc-bad" }, fault(answer)));
            return;
        }
        body.replaceChildren(...answer.data.people.map((person, number) => this.person(person, target, number)));
    }

    person(person, target, number) {
        const rows = [...person.places].sort((one, other) => one.position - other.position);
        return element("details", { open: number === 0, class: "pl-person" },
            element("summary", {},
                tag(person),
                element("strong", {}, person.name),
                element("span", { class: person.isBroken ? "oc-bad" : "oc-quiet" }, person.summary)),
            element("ol", { class: "pl-places" }, rows.map((place) => this.place(person, place, target))));
    }

    place(person, place, target) {
        const what = element("span", { class: "pl-place-text" },
            element("strong", {}, place.label),
            element("span", { class: "oc-quiet" }, place.says),
            ...place.broken.map((text) => element("span", { class: "oc-bad" }, `✕ ${text}`)));
        return element("li", {}, element("button", {
            type: "button",
            class: "pl-place",
            disabled: place.isHere,
            on: {
                click: () => {
                    this.dialog.close();
                    // What it breaks was read before it was chosen.
                    this.move(target, { employee: person.employee, position: place.position, insist: true });
                },
            },
        }, what));
    }
}
