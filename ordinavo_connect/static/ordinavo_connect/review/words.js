// Sentences of the server, in the person's language, filled in.

const kept = document.querySelector("[data-words]").dataset;

export function words(name, values = {}) {
    return kept[name].replace(/%\((\w+)\)s/g, (_, key) => values[key]);
}
