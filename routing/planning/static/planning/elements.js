// Elements, made in one line each. Text always goes in as text, never as markup.

export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === false || value === null || value === undefined) {
            continue;
        }
        if (name === "style") {
            Object.entries(value).forEach(([property, text]) => made.style.setProperty(property, text));
        } else if (name === "on") {
            Object.entries(value).forEach(([event, handler]) => made.addEventListener(event, handler));
        } else {
            made.setAttribute(name, value === true ? "" : value);
        }
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return made;
}

export function embedded(id) {
    const found = document.getElementById(id);
    return found ? JSON.parse(found.textContent) : null;
}

// "%(name)s" in a sentence of the server, filled in.
export function filled(sentence, values) {
    return sentence.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}

export function tag(person) {
    return element("span", { class: "pl-tag", "data-colour": person.colour, "aria-hidden": "true" }, person.initials);
}
