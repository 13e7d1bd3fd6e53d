// The page of a plan: shows it, lets a person choose and change, and shows what came of it.

import { Card } from "./card.js";
import { element, embedded } from "./elements.js";
import { Excluded } from "./excluded.js";
import { Lanes } from "./lanes.js";
import { DayMap } from "./map.js";
import { Moving } from "./moving.js";
import { fault, read, send } from "./server.js";

const SAID_MS = 12000;

class PlanPage {
    constructor(root) {
        this.root = root;
        this.words = embedded("words");
        this.chosen = null;
        this.isBusy = false;
        const choose = (target, from) => this.choose(target, from);
        const act = (name, target) => this.act(name, target);
        const part = (name) => root.querySelector(`[data-part=${name}]`);
        this.status = document.querySelector("[data-part=status]");
        this.lanes = new Lanes(part("lanes"), { choose, words: this.words });
        // What is published has nothing left out, and nothing to change.
        this.excluded = part("excluded") ? new Excluded(part("excluded"), { words: this.words, choose, act }) : null;
        this.card = new Card(part("card"), { words: this.words, act, close: () => this.choose(null) });
        this.map = new DayMap(part("map"), { ...embedded("tiles"), choose });
        const dialog = document.getElementById("moving");
        this.moving = dialog && new Moving(dialog, {
            words: this.words,
            address: root.dataset.places,
            move: (target, place) => this.change("move", target, place),
        });
        document.addEventListener("keydown", (event) => this.pressed(event));
        root.addEventListener("click", (event) => {
            if (event.target.closest("[data-undo]")) {
                this.change("undo");
            } else if (event.target.closest("[data-refresh]")) {
                this.change("refresh");
            }
        });
        this.show(embedded("plan"));
    }

    show(plan) {
        this.plan = plan;
        this.lanes.show(plan);
        if (this.excluded) {
            this.excluded.show(plan);
        }
        this.map.show(plan);
        this.showSums(plan);
        this.mark();
    }

    showSums(plan) {
        const part = (name) => this.root.querySelector(`[data-part=${name}]`);
        part("summary").textContent = plan.summary;
        document.querySelectorAll("[data-counted]").forEach((each) => { each.textContent = plan.counted; });
        part("broken").hidden = !plan.broken.length;
        part("broken-list").replaceChildren(...plan.broken.map((fault) => this.fault(fault)));
        part("notes").replaceChildren(...plan.notes.map((text) => element("p", { class: "oc-note oc-warn" }, text)));
        part("stale").hidden = !plan.isStale;
        const undo = this.root.querySelector("button[data-undo]");
        if (undo) {
            undo.hidden = !plan.undo;
            undo.title = plan.undo;
        }
        document.querySelectorAll("[data-version]").forEach((field) => { field.value = plan.version; });
        document.querySelectorAll("[data-publish]").forEach((each) => { each.disabled = !plan.publish.isPossible; });
        document.querySelectorAll("[data-publish-says]").forEach((each) => { each.textContent = plan.publish.says; });
    }

    fault({ target, text }) {
        return element("li", {}, target
            ? element("button", { type: "button", class: "pl-title", on: { click: () => this.choose(target, "list") } }, text)
            : text);
    }

    choose(target, from = "") {
        const isAgain = target !== null && target === this.chosen && from !== "";
        this.chosen = isAgain ? null : target;
        this.mark();
        const button = this.chosen !== null && this.button(target);
        if (button && from !== "lane") {
            button.scrollIntoView({ block: "nearest" });
        }
        if (button && from === "key") {
            button.focus();
        }
    }

    // The buttons are new after a change: who works with the keyboard stays where they were.
    focus() {
        const button = this.chosen !== null && this.button(this.chosen);
        if (button) {
            button.focus({ preventScroll: true });
        }
    }

    button(target) {
        return this.lanes.button(target) || (this.excluded && this.excluded.button(target));
    }

    mark() {
        [this.lanes, this.excluded, this.map].forEach((part) => part && part.mark(this.chosen));
        if (this.chosen === null) {
            this.card.hide();
        } else {
            this.card.show(this.plan, this.chosen);
        }
    }

    // The lane of a target and where it stands in it, among what is published too.
    placed(target) {
        for (const lane of this.plan.lanes) {
            const stop = lane.stops.find((each) => each.target === target);
            if (stop) {
                return { lane, stop };
            }
        }
        return null;
    }

    act(name, target) {
        if (!this.plan.isEditable) {
            return;
        }
        if (name === "move") {
            this.moving.open(this.plan, target);
            return;
        }
        if (name === "earlier" || name === "later") {
            this.shift(target, name === "later" ? 1 : -1);
            return;
        }
        this.change(name, target);
    }

    shift(target, by) {
        const place = this.placed(target);
        const position = place ? place.stop.position + by : 0;
        if (place && position >= 1 && position <= place.lane.places) {
            this.change("move", target, { employee: place.lane.employee, position });
        } else {
            this.say(this.words.noFurther);
        }
    }

    async change(kind, target = null, more = {}) {
        if (this.isBusy || !this.plan.isEditable) {
            return;
        }
        this.busy(true);
        const answer = await send(this.root.dataset.edit, { kind, target, version: this.plan.version, ...more });
        this.busy(false);
        if (answer.ok && answer.data.isApplied) {
            this.show(answer.data.plan);
            this.focus();
            this.say(answer.data.says, { undo: Boolean(answer.data.plan.undo) });
        } else if (answer.ok) {
            this.confirm(answer.data, () => this.change(kind, target, { ...more, insist: true }));
        } else {
            await this.refused(answer);
        }
    }

    async refused(answer) {
        const text = fault(answer);
        if (answer.status === 409) {
            const now = await read(this.root.dataset.plan);
            if (!now.ok || !now.data.isEditable) {
                window.location.reload();
                return;
            }
            this.show(now.data);
        }
        this.say(text, { isBad: true });
    }

    confirm(proposal, goOn) {
        const dialog = document.getElementById("breaking");
        dialog.querySelector("[data-what]").textContent = proposal.what;
        dialog.querySelector("[data-says]").textContent = proposal.says;
        dialog.querySelector("[data-broken]").replaceChildren(
            ...proposal.broken.map((text) => element("li", {}, text)),
        );
        dialog.returnValue = "";
        dialog.addEventListener("close", () => {
            if (dialog.returnValue === "insist") {
                goOn();
            }
        }, { once: true });
        dialog.showModal();
    }

    say(text, { isBad = false, undo = false } = {}) {
        const parts = [element("span", {}, text)];
        if (undo) {
            parts.push(element("button", {
                type: "button", class: "oc-button oc-tool", on: { click: () => this.change("undo") },
            }, this.words.actions.undo));
        }
        parts.push(element("button", {
            type: "button", class: "pl-close", "aria-label": this.words.close, on: { click: () => { this.status.hidden = true; } },
        }, "×"));
        this.status.className = isBad ? "pl-status pl-status-bad" : "pl-status";
        this.status.replaceChildren(...parts);
        this.status.hidden = false;
        clearTimeout(this.fading);
        // What went well need not be sent away; the toolbar still offers to undo it.
        if (!isBad) {
            this.fading = setTimeout(() => { this.status.hidden = true; }, SAID_MS);
        }
    }

    busy(isBusy) {
        this.isBusy = isBusy;
        this.root.toggleAttribute("data-busy", isBusy);
    }

    pressed(event) {
        const isTyping = event.target.matches("input, select, textarea");
        if (isTyping || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) {
            return;
        }
        if (this.handled(event)) {
            event.preventDefault();
        }
    }

    handled(event) {
        const { key, altKey } = event;
        if (key === "z" && !altKey) {
            this.change("undo");
            return true;
        }
        if (this.chosen === null) {
            return false;
        }
        const place = this.placed(this.chosen);
        if (key === "Escape") {
            this.choose(null);
        } else if (key === "m") {
            this.act("move", this.chosen);
        } else if (!place) {
            return false;
        } else if (key.startsWith("Arrow")) {
            this.arrow(key, altKey);
        } else if (key === "p") {
            this.change(place.stop.isPinned ? "unpin" : "pin", this.chosen);
        } else if (key === "x" || key === "Delete") {
            this.change("leave_out", this.chosen);
        } else {
            return false;
        }
        return true;
    }

    arrow(key, isMoving) {
        if (isMoving && (key === "ArrowLeft" || key === "ArrowRight")) {
            this.shift(this.chosen, key === "ArrowRight" ? 1 : -1);
            return;
        }
        if (isMoving) {
            this.act("move", this.chosen);
            return;
        }
        const target = this.lanes.neighbour(this.chosen, key);
        if (target !== null) {
            this.choose(target, "key");
        }
    }
}

const root = document.querySelector("[data-plan-page]");
if (root) {
    new PlanPage(root);
}
