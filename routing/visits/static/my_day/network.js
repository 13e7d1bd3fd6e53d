// Requests of My Day: each answer as data, and each failure as a sentence that says what to do.

export const texts = JSON.parse(document.getElementById("texts").textContent);

// Longer than the server takes for a photo; a phone without signal often does not notice by itself.
const PATIENCE_MS = 40000;

export class Failure extends Error {
  // `code` is the server's, "offline" where nothing was heard; `data` the whole answer.
  constructor(message, code = "", data = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export function headers() {
  return { "X-CSRFToken": token(), "X-Sent-By": "script", Accept: "application/json" };
}

export async function send(url, body) {
  let answer;
  try {
    answer = await fetch(url, {
      method: "POST", body, headers: headers(), signal: AbortSignal.timeout(PATIENCE_MS), keepalive: false,
    });
  } catch {
    throw new Failure(texts.offline, "offline");
  }
  return read(answer.status, await answer.text().catch(() => ""));
}

// A photo, with its progress from 0 to 1.
export function sendPicture(url, blob, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = request.onabort = request.ontimeout = () => reject(new Failure(texts.offline, "offline"));
    request.onload = () => {
      try {
        resolve(read(request.status, request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    request.send(blob);
  });
}

function read(status, text) {
  let data = {};
  try {
    data = JSON.parse(text);
  } catch {
    // A page, of a proxy or of an error: its status says enough.
  }
  if (status < 300) return data;
  if (data.code) throw new Failure(data.message || texts.checkFields, data.code, data);
  throw new Failure(status >= 500 || status === 429 ? texts.failed : texts.reload, "failed", data);
}

// The cookie is newer than the page, where somebody logged in again in the meantime.
function token() {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  return cookie ? cookie.slice("csrftoken=".length) : document.querySelector("[name=csrfmiddlewaretoken]").value;
}

// `crypto.randomUUID` is there over https only.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

export function say(place, failure) {
  place.textContent = failure.message;
  if (failure.code === "logged_out") {
    const link = document.createElement("a");
    link.href = `${failure.data.logIn}?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = texts.logIn;
    place.append(" ", link);
  }
  place.hidden = false;
}
