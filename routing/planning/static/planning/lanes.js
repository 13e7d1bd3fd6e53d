// A lane for each person: the day on a time line where there is room, as a list where there is none.

import { element, filled, tag } from "./elements.js";

// Rows for brackets of windows; what overlaps more often shares the last.
const MOST_BRACKET_ROWS = 3;

export class Lanes {
    constructor(holder, { choose, words }) {
        this.holder = holder;
        this.choose = choose;
        this.words = words;
    }

    show(plan) {
        this.plan = plan;
        this.holder.replaceChildren(this.axis(), ...plan.lanes.map((lane) => this.lane(lane)));
    }

    mark(target) {
        this.holder.querySelectorAll("[data-target]").forEach((each) => {
            const isChosen = Number(each.dataset.target) === target;
            each.classList.toggle("pl-is-chosen", isChosen);
            if (each.matches("button")) {
                each.setAttribute("aria-pressed", String(isChosen));
            }
        });
    }

    // The button of a target that can be seen, on the line or in the list.
    button(target) {
        const found = [...this.holder.querySelectorAll(`button[data-target="${target}"]`)];
        return found.find((each) => each.offsetParent !== null);
    }

    // The target that an arrow key leads to from another.
    neighbour(target, key) {
        const { lanes } = this.plan;
        const number = lanes.findIndex((lane) => lane.stops.some((stop) => stop.target === target));
        if (number < 0) {
            return null;
        }
        const { stops } = lanes[number];
        const position = stops.findIndex((stop) => stop.target === target);
        if (key === "ArrowLeft" || key === "ArrowRight") {
            const other = stops[position + (key === "ArrowRight" ? 1 : -1)];
            return other ? other.target : null;
        }
        const others = key === "ArrowDown" ? lanes.slice(number + 1) : lanes.slice(0, number).reverse();
        const lane = others.find((each) => each.stops.length);
        if (!lane) {
            return null;
        }
        const at = stops[position].start;
        const distance = (stop) => Math.abs(stop.start - at);
        return lane.stops.reduce((best, stop) => (distance(stop) < distance(best) ? stop : best)).target;
    }

    share(seconds) {
        const { start, end } = this.plan.axis;
        const inside = Math.min(Math.max(seconds, start), end);
        return ((inside - start) / (end - start)) * 100;
    }

    span(start, end) {
        const left = this.share(start);
        return { left: `${left}%`, width: `${this.share(end) - left}%` };
    }

    axis() {
        const ticks = this.plan.axis.ticks.map((tick) => element(
            "span", { class: "pl-tick", style: { left: `${this.share(tick.at)}%` } }, tick.text,
        ));
        return element("div", { class: "pl-axis", "aria-hidden": "true" }, ticks);
    }

    lane(lane) {
        const body = lane.stops.length || lane.committed.length
            ? [this.track(lane), this.list(lane)]
            : [element("p", { class: "pl-idle oc-quiet" }, lane.absence || this.words.nothingPlanned)];
        return element("section", { class: "pl-lane", "data-employee": lane.employee, "aria-label": lane.name },
            element("header", { class: "pl-lane-head" },
                tag(lane),
                element("h3", {}, lane.name),
                element("span", { class: "oc-quiet" }, lane.hours),
                element("span", { class: "pl-figures oc-quiet" }, lane.figures)),
            ...lane.broken.map((text) => element("p", { class: "pl-fault oc-bad" }, text)),
            ...body);
    }

    track(lane) {
        const { ticks } = this.plan.axis;
        const brackets = this.brackets(lane);
        const rows = new Set(brackets.map((bracket) => bracket.dataset.row)).size;
        const parts = [
            ...lane.shifts.map(([start, end]) => element("span", { class: "pl-shift", style: this.span(start, end) })),
            ...ticks.map((tick) => element("span", { class: "pl-line", style: { left: `${this.share(tick.at)}%` } })),
            ...lane.legs.map((leg) => element(
                "span", { class: `pl-leg pl-${leg.kind}`, style: this.span(leg.start, leg.end), title: leg.text },
            )),
            ...lane.committed.map((visit) => this.committed(visit)),
            ...brackets,
            ...lane.stops.map((stop) => this.block(lane, stop)),
        ];
        return element("div", { class: "pl-track", "data-rows": rows, "data-colour": lane.colour }, parts);
    }

    block(lane, stop) {
        const target = this.plan.targets[stop.target];
        const classes = ["pl-stop"];
        if (stop.isPinned) {
            classes.push("pl-is-pinned");
        }
        if (stop.broken.length) {
            classes.push("pl-broken");
        }
        return element("button", {
            type: "button",
            class: classes.join(" "),
            style: this.span(stop.start, stop.end),
            "data-target": stop.target,
            "data-colour": lane.colour,
            title: `${target.title}\n${stop.clock}`,
            "aria-label": this.said(lane, stop, target),
            "aria-pressed": "false",
            on: { click: () => this.choose(stop.target, "lane") },
        }, element("span", { class: "pl-number" }, `${stop.number}`), element("span", { class: "pl-name" }, target.title));
    }

    said(lane, stop, target) {
        const parts = [`${lane.name}, ${stop.number}: ${target.title}`, stop.clock];
        if (stop.isPinned) {
            parts.push(this.words.pinned);
        }
        return [...parts, ...stop.broken].join(". ");
    }

    committed(visit) {
        const label = filled(this.words.published, { what: visit.title, when: visit.clock });
        const tag = visit.link ? "a" : "span";
        return element(tag, {
            class: "pl-committed", href: visit.link || null, style: this.span(visit.start, visit.end), title: label, "aria-label": label,
        }, element("span", { class: "pl-name" }, `🔒 ${visit.title}`));
    }

    brackets(lane) {
        const ends = [];
        const windows = lane.stops
            .map((stop) => [stop, this.plan.targets[stop.target].window])
            .filter(([, window]) => window && window[1] >= this.plan.axis.start && window[0] <= this.plan.axis.end)
            .sort(([, one], [, other]) => one[0] - other[0]);
        return windows.map(([stop, [start, end]]) => {
            let row = ends.findIndex((until) => until < start);
            if (row < 0) {
                row = Math.min(ends.length, MOST_BRACKET_ROWS - 1);
            }
            ends[row] = end;
            return element("span", {
                class: "pl-window",
                "data-target": stop.target,
                "data-row": row,
                title: this.plan.targets[stop.target].windowText,
                style: this.span(start, end),
            });
        });
    }

    list(lane) {
        const visits = [
            ...lane.stops.map((stop) => ({ start: stop.start, row: () => this.row(lane, stop) })),
            ...lane.committed.map((visit) => ({ start: visit.start, row: () => this.committedRow(visit) })),
        ].sort((one, other) => one.start - other.start);
        return element("ol", { class: "pl-list" }, visits.map((visit) => visit.row()));
    }

    row(lane, stop) {
        const target = this.plan.targets[stop.target];
        return element("li", {},
            element("p", { class: "pl-way oc-quiet" }, stop.way),
            element("button", {
                type: "button",
                class: stop.broken.length ? "pl-row pl-broken" : "pl-row",
                "data-target": stop.target,
                "aria-pressed": "false",
                on: { click: () => this.choose(stop.target, "lane") },
            },
            element("span", { class: "pl-tag", "data-colour": lane.colour }, `${stop.number}`),
            element("span", { class: "pl-row-text" },
                element("strong", {}, target.title),
                element("span", {}, stop.clock, stop.isPinned ? ` · ${this.words.pinned}` : ""),
                target.window ? element("span", { class: "oc-quiet" }, target.windowText) : null,
                ...stop.broken.map((text) => element("span", { class: "oc-bad" }, text)))));
    }

    committedRow(visit) {
        const label = filled(this.words.published, { what: visit.title, when: visit.clock });
        return element("li", {}, element(visit.link ? "a" : "span", { class: "pl-row pl-row-committed", href: visit.link || null },
            element("span", { class: "pl-row-text" }, `🔒 ${label}`)));
    }
}
