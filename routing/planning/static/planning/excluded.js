// What is not planned, with its reasons, in the order that the person chose.

import { element } from "./elements.js";

const ORDERS = {
    value: (one, other) => other.value - one.value,
    priority: (one, other) => other.rank - one.rank || other.value - one.value,
    name: (one, other) => one.title.localeCompare(other.title),
};

export class Excluded {
    constructor(holder, { words, choose, act }) {
        this.holder = holder;
        this.words = words;
        this.choose = choose;
        this.act = act;
        this.order = holder.querySelector("[data-order]");
        this.order.addEventListener("change", () => this.show(this.plan));
    }

    show(plan) {
        this.plan = plan;
        const compare = ORDERS[this.order.value];
        const entries = [...plan.excluded].sort(
            (one, other) => compare(plan.targets[one.target], plan.targets[other.target]),
        );
        this.holder.querySelector("[data-count]").textContent = entries.length || "";
        this.holder.querySelector("[data-order-field]").hidden = entries.length < 2;
        this.holder.querySelector("[data-rows]").replaceChildren(...(entries.length
            ? entries.map((entry) => this.row(entry))
            : [element("li", { class: "oc-quiet" }, this.words.nothingExcluded)]));
    }

    mark(target) {
        this.holder.querySelectorAll("button[data-target]").forEach((each) => {
            const isChosen = Number(each.dataset.target) === target;
            each.closest("li").classList.toggle("pl-is-chosen", isChosen);
            each.setAttribute("aria-pressed", String(isChosen));
        });
    }

    button(target) {
        return this.holder.querySelector(`button[data-target="${target}"]`);
    }

    row(entry) {
        const facts = this.plan.targets[entry.target];
        const small = [facts.customer, facts.priority, facts.valueText].filter(Boolean).join(" · ");
        const put = this.plan.isEditable && entry.canBePlanned
            ? element("button", {
                type: "button",
                class: "oc-button oc-tool",
                "aria-label": `${this.words.actions.putIn} ${facts.title}`,
                on: { click: () => this.act("move", entry.target) },
            }, this.words.actions.putIn)
            : null;
        return element("li", { class: "pl-out-row" },
            element("div", {},
                element("button", {
                    type: "button",
                    class: "pl-title",
                    "data-target": entry.target,
                    "aria-pressed": "false",
                    on: { click: () => this.choose(entry.target, "list") },
                }, facts.title),
                element("span", { class: "oc-quiet" }, small),
                element("p", {}, element("span", { class: "oc-state oc-plain" }, entry.label), " ", entry.message)),
            put);
    }
}
