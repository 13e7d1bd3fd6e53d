// The card of the chosen target: what it is, where it stands, and what can be done with it.

import { element, tag } from "./elements.js";

export class Card {
    constructor(holder, { words, act, close }) {
        this.holder = holder;
        this.words = words;
        this.act = act;
        this.close = close;
    }

    show(plan, target) {
        const facts = plan.targets[target];
        if (!facts) {
            this.hide();
            return;
        }
        const lane = plan.lanes.find((each) => each.stops.some((stop) => stop.target === target));
        const stop = lane && lane.stops.find((each) => each.target === target);
        const excluded = plan.excluded.find((entry) => entry.target === target);
        this.holder.replaceChildren(...this.parts(plan, facts, { lane, stop, excluded, target }));
        this.holder.hidden = false;
    }

    hide() {
        this.holder.hidden = true;
        this.holder.replaceChildren();
    }

    parts(plan, facts, place) {
        const { lane, stop, excluded } = place;
        const close = element("button", {
            type: "button", class: "pl-close", "aria-label": this.words.close, on: { click: this.close },
        }, "×");
        const head = element("div", { class: "pl-card-head" },
            element("h2", {}, facts.link ? element("a", { class: "oc-link", href: facts.link }, facts.title) : facts.title), close);
        const where = lane
            ? element("p", { class: "pl-where" }, tag(lane), ` ${lane.name}, ${stop.number} · ${stop.clock}`)
            : element("p", { class: "pl-where" }, excluded ? excluded.label : "");
        const faults = (stop ? stop.broken : []).map((text) => element("p", { class: "pl-fault oc-bad" }, text));
        const reason = excluded ? element("p", {}, excluded.message) : null;
        const actions = plan.isEditable ? this.actions(place) : null;
        return [head, where, reason, ...faults, actions, this.facts(facts, stop)].filter(Boolean);
    }

    facts(facts, stop) {
        const { labels } = this.words;
        const rows = [
            [labels.customer, facts.customer],
            [labels.address, facts.address],
            [labels.window, facts.windowText],
            [labels.due, facts.due],
            [labels.priority, facts.priority],
            [labels.work, facts.work],
            [labels.skills, facts.skills.join(", ")],
            [labels.travel, stop ? stop.travel : ""],
            [labels.waiting, stop ? stop.waiting : ""],
            [labels.value, facts.value ? `${facts.value}` : ""],
            [labels.externalId, element("span", { class: "oc-mono" }, facts.externalId)],
        ].filter(([, value]) => value);
        return element("dl", { class: "pl-facts" }, rows.map(
            ([label, value]) => element("div", {}, element("dt", {}, label), element("dd", {}, value)),
        ));
    }

    actions({ stop, excluded, target }) {
        const button = (label, name, { key = "", isOff = false } = {}) => element("button", {
            type: "button",
            class: "oc-button",
            disabled: isOff,
            "aria-keyshortcuts": key || null,
            on: { click: () => this.act(name, target) },
        }, label);
        const { actions } = this.words;
        if (stop) {
            return element("p", { class: "oc-actions" },
                button(actions.move, "move", { key: "m" }),
                button(actions.earlier, "earlier", { key: "Alt+ArrowLeft" }),
                button(actions.later, "later", { key: "Alt+ArrowRight" }),
                stop.isPinned ? button(actions.unpin, "unpin", { key: "p" }) : button(actions.pin, "pin", { key: "p" }),
                button(actions.leaveOut, "leave_out", { key: "x" }));
        }
        if (!excluded) {
            return null;
        }
        return element("p", { class: "oc-actions" },
            button(actions.putIn, "move", { key: "m", isOff: !excluded.canBePlanned }),
            excluded.isLeftOut ? button(actions.letIn, "let_in") : null);
    }
}
