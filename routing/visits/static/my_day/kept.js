// What this phone keeps of a report until the server has it: text and signature at once, photos in a database.
// A browser that keeps nothing (private windows, a full phone) loses nothing but that.

const DATABASE = "my-day", STORE = "photos";

const key = (employee, appointment) => `my-day.${employee}.${appointment}`;

export function keepText(employee, appointment, kept) {
  try {
    if (kept === null) localStorage.removeItem(key(employee, appointment));
    else localStorage.setItem(key(employee, appointment), JSON.stringify(kept));
  } catch {
    // Full or forbidden: the server has the draft.
  }
}

export function keptText(employee, appointment) {
  try {
    return JSON.parse(localStorage.getItem(key(employee, appointment)));
  } catch {
    return null;
  }
}

export async function keepPhoto(employee, appointment, sha, blob) {
  await inStore("readwrite", (store) => store.put(blob, `${key(employee, appointment)}.${sha}`));
}

export async function dropPhoto(employee, appointment, sha) {
  await inStore("readwrite", (store) => store.delete(`${key(employee, appointment)}.${sha}`));
}

// [[sha, blob], …], in the order in which they were taken as far as the phone knows it.
export async function keptPhotos(employee, appointment) {
  const range = rangeOf(employee, appointment);
  const names = (await inStore("readonly", (store) => store.getAllKeys(range))) || [];
  const blobs = (await inStore("readonly", (store) => store.getAll(range))) || [];
  return names.map((name, at) => [name.split(".").pop(), blobs[at]]);
}

export async function forget(employee, appointment) {
  keepText(employee, appointment, null);
  await inStore("readwrite", (store) => store.delete(rangeOf(employee, appointment)));
}

function rangeOf(employee, appointment) {
  const start = `${key(employee, appointment)}.`;
  return IDBKeyRange.bound(start, `${start}\uffff`);
}

async function inStore(mode, work) {
  try {
    const database = await opened();
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    }).finally(() => database.close());
  } catch {
    return undefined;
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}
