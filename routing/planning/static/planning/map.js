// The map: a line and numbered markers for each person, where they start, and what is not planned.

/* global L */

const COLOURS = ["#0063a6", "#b34700", "#00755a", "#8f3d7f", "#6b5b00", "#b01f3c", "#4b5a66", "#5a3fb5"];
// As in day.css. Beyond eight people colours come again, with a line of another kind: `turn` counts how often.
const DASHES = [null, "8 6", "2 6"];
const CLOSEST_ZOOM = 15;
// What is not planned lies under what is, and the chosen one above all.
const BELOW = -10000;
const ABOVE = 10000;

function marker(place, content, classes, { number = null, title = "", z = 0 } = {}) {
    const label = document.createElement("span");
    label.className = `pl-marker ${classes}`;
    label.textContent = content;
    if (number !== null) {
        label.style.backgroundColor = COLOURS[number];
    }
    const icon = L.divIcon({ html: label, className: "pl-marker-holder", iconSize: null });
    return L.marker([place.latitude, place.longitude], {
        icon, title, keyboard: false, zIndexOffset: z,
    });
}

export class DayMap {
    constructor(holder, { tiles, attribution, choose }) {
        const isTouched = window.matchMedia("(pointer: coarse)").matches;
        // On a phone one finger scrolls the page, two move the map.
        this.map = L.map(holder, { scrollWheelZoom: false, dragging: !isTouched, zoomSnap: 0.5 });
        this.map.attributionControl.setPrefix("Leaflet");
        if (tiles) {
            L.tileLayer(tiles, { attribution, maxZoom: 19 }).addTo(this.map);
        }
        L.control.scale({ imperial: false }).addTo(this.map);
        this.layer = L.layerGroup().addTo(this.map);
        this.choose = choose;
        this.markers = new Map();
        this.isPlaced = false;
    }

    show(plan) {
        this.layer.clearLayers();
        this.markers.clear();
        const places = [];
        plan.excluded.forEach((entry) => {
            const target = plan.targets[entry.target];
            if (target.place) {
                places.push(target.place);
                this.put(entry.target, marker(target.place, "", "pl-out", { title: target.title, z: BELOW }));
            }
        });
        plan.lanes.forEach((lane) => this.showLane(plan, lane, places));
        if (!this.isPlaced) {
            this.fit(places);
        }
    }

    showLane(plan, lane, places) {
        const stops = lane.stops.filter((stop) => plan.targets[stop.target].place);
        const way = stops.map((stop) => plan.targets[stop.target].place);
        if (lane.base) {
            places.push(lane.base);
            const base = marker(lane.base, lane.initials, "pl-base", { title: lane.name, z: BELOW / 2 });
            this.layer.addLayer(base);
        }
        if (stops.length) {
            const ends = lane.base ? [lane.base] : [];
            const line = [...ends, ...way, ...ends].map((place) => [place.latitude, place.longitude]);
            const looks = {
                color: COLOURS[lane.colour], dashArray: DASHES[lane.turn % DASHES.length], weight: 3, opacity: 0.8,
            };
            this.layer.addLayer(L.polyline(line, { ...looks, interactive: false }));
        }
        stops.forEach((stop) => {
            const target = plan.targets[stop.target];
            places.push(target.place);
            const look = stop.broken.length ? "pl-stop pl-broken" : "pl-stop";
            const title = `${lane.name}, ${stop.number}: ${target.title}`;
            const made = marker(target.place, `${lane.initials} ${stop.number}`, look, { number: lane.colour, title });
            this.put(stop.target, made);
        });
    }

    put(target, made) {
        made.on("click", () => this.choose(target, "map"));
        this.layer.addLayer(made);
        this.markers.set(target, made);
        made.usualOffset = made.options.zIndexOffset;
    }

    fit(places) {
        if (!places.length) {
            this.map.setView([51.2, 10.4], 6);
            return;
        }
        this.isPlaced = true;
        const bounds = places.map((place) => [place.latitude, place.longitude]);
        this.map.fitBounds(bounds, { padding: [36, 36], maxZoom: CLOSEST_ZOOM });
    }

    mark(target) {
        this.markers.forEach((made, each) => {
            const label = made.getElement();
            label.classList.toggle("pl-is-chosen", each === target);
            made.setZIndexOffset(each === target ? ABOVE : made.usualOffset);
        });
        const chosen = this.markers.get(target);
        if (chosen && !this.map.getBounds().contains(chosen.getLatLng())) {
            this.map.panTo(chosen.getLatLng());
        }
    }
}
