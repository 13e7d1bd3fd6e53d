// What the page asks of the server. An answer is always {ok, status, data}; data is null where there is none.

import { embedded } from "./elements.js";

const TOO_LONG_MS = 30000;

async function answered(address, settings) {
    try {
        const answer = await fetch(address, {
            credentials: "same-origin",
            redirect: "manual",
            signal: AbortSignal.timeout(TOO_LONG_MS),
            ...settings,
        });
        const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
        return { ok: answer.ok, status: answer.status, data: isJson ? await answer.json() : null };
    } catch (failure) {
        return { ok: false, status: 0, data: null };
    }
}

export function read(address) {
    return answered(address, { headers: { Accept: "application/json" } });
}

export function send(address, body) {
    return answered(address, {
        method: "POST",
        headers: {
            "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify(body),
    });
}

// Why nothing came of a request, in words.
export function fault({ status, data }) {
    const words = embedded("words");
    if (data && data.message) {
        return data.message;
    }
    if (status === 0) {
        return words.unreachable;
    }
    return status === 403 || status >= 500 ? words.refused : words.loggedOut;
}
