// What the queue asks of the server. An answer is always {ok, status, data}; data is null where there is none.

const TOO_LONG_MS = 30000;
const HEADERS = { "X-Review-Queue": "part" };

async function answered(address, settings) {
    try {
        const answer = await fetch(address, {
            credentials: "same-origin",
            headers: HEADERS,
            // To the log-in: its page is no answer.
            redirect: "manual",
            signal: AbortSignal.timeout(TOO_LONG_MS),
            ...settings,
        });
        const isJson = (answer.headers.get("Content-Type") || "").startsWith("application/json");
        const data = isJson ? await answer.json() : answer.ok ? await answer.text() : null;
        return { ok: answer.ok, status: answer.status, data };
    } catch (failure) {
        return { ok: false, status: 0, data: null };
    }
}

export function post(address, body) {
    return answered(address, { method: "POST", body });
}

export function read(address) {
    return answered(address, {});
}

// A case without the page around it, as an element; null where it could not be read.
export async function readCase(address) {
    const answer = await answered(address, {});
    if (!answer.ok || typeof answer.data !== "string") {
        return null;
    }
    return new DOMParser().parseFromString(answer.data, "text/html").querySelector("[data-case]");
}
