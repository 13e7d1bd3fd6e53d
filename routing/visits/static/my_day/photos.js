// Photos of a report: made small, named by their hash, kept on the phone, sent one after the other.

import { dropPhoto, keepPhoto, keptPhotos } from "./kept.js";
import { send, sendPicture, texts } from "./network.js";
import { sha256 } from "./sha256.js";

const LONGEST_SIDE = 2048, QUALITY = 0.85, PREVIEW = 240;
// A server that has its hands full is asked again by itself, this often and after this long, before somebody has to.
const TRIES = 5, PAUSE_MS = 3000;

export class Photos {
  // `settled`: resolves when no draft is under way.
  constructor(form, { onChange, settled }) {
    this.form = form;
    this.who = [form.dataset.employee, form.dataset.appointment];
    this.place = form.querySelector("[data-photos]");
    this.error = form.querySelector("[data-photo-error]");
    this.most = Number(form.dataset.maxPhotos);
    this.onChange = onChange;
    this.settled = settled;
    this.waiting = new Map(); // By hash: the picture, until it is sent.
    this.queue = Promise.resolve();
    for (const tile of this.place.querySelectorAll(".tile")) {
      this.dress(tile, tile.dataset.sha);
      if (tile.hasAttribute("data-arrived")) this.mark(tile, "sent", "✓");
    }
    const input = form.querySelector("[data-choose-photos]");
    input.addEventListener("change", async () => {
      const files = [...input.files];
      for (const file of files) await this.add(file);
      input.value = "";
    });
    addEventListener("online", () => this.sendAll());
  }

  async restore() {
    for (const [sha, blob] of await keptPhotos(...this.who)) {
      if (this.tile(sha)?.hasAttribute("data-arrived")) await dropPhoto(...this.who, sha);
      else await this.show(sha, blob);
    }
    for (const tile of this.place.querySelectorAll(".tile:not([data-arrived])")) {
      if (!this.waiting.has(tile.dataset.sha)) this.mark(tile, "failed", texts.photosLost);
    }
    this.sendAll();
  }

  async add(file) {
    this.error.hidden = true;
    if (this.place.children.length >= this.most) {
      this.error.textContent = texts.tooMany;
      this.error.hidden = false;
      return;
    }
    const blob = await small(file);
    const sha = await sha256(blob);
    if (this.tile(sha)) return; // The same picture twice is one.
    await keepPhoto(...this.who, sha, blob);
    await this.show(sha, blob);
    this.onChange();
    this.enqueue(sha);
  }

  async show(sha, blob) {
    this.waiting.set(sha, blob);
    let tile = this.tile(sha);
    if (!tile) {
      tile = document.createElement("div");
      tile.className = "tile";
      tile.dataset.sha = sha;
      this.place.append(tile);
      this.dress(tile, sha);
    }
    const image = tile.querySelector("img") || tile.insertBefore(new Image(), tile.firstChild);
    image.alt = texts.photo;
    const preview = await previewOf(blob);
    if (preview) image.src = preview;
    this.mark(tile, "waiting", texts.photoWaits);
  }

  // What every tile carries: its name in the form, how it stands, and the way to remove it.
  dress(tile, sha) {
    const name = document.createElement("input");
    Object.assign(name, { type: "hidden", name: "photo", value: sha });
    const fate = document.createElement("span");
    fate.className = "fate";
    fate.setAttribute("role", "status");
    const progress = document.createElement("progress");
    progress.hidden = true;
    const again = this.button(texts.retry, () => this.enqueue(sha));
    again.dataset.again = "";
    again.hidden = true;
    const remove = this.button(texts.remove, () => this.remove(sha));
    tile.append(name, fate, progress, again, remove);
    fate.hidden = true;
  }

  button(label, work) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "plain", textContent: label });
    button.addEventListener("click", work);
    return button;
  }

  mark(tile, state, sentence = "") {
    tile.classList.toggle("failed", state === "failed");
    tile.querySelector("[data-again]").hidden = state !== "failed" || !this.waiting.has(tile.dataset.sha);
    tile.querySelector("progress").hidden = state !== "sending";
    const fate = tile.querySelector(".fate");
    fate.textContent = sentence;
    fate.hidden = !sentence;
  }

  // One after the other: two at once share the same thin line.
  enqueue(sha) {
    this.queue = this.queue.then(() => this.sendOne(sha));
    return this.queue;
  }

  async sendOne(sha) {
    const tile = this.tile(sha);
    if (!this.waiting.has(sha) || !tile) return;
    this.mark(tile, "sending", texts.sending);
    const progress = tile.querySelector("progress");
    try {
      await untilTaken(() => sendPicture(this.address(sha), this.waiting.get(sha), (share) => { progress.value = share; }));
      this.waiting.delete(sha);
      await dropPhoto(...this.who, sha);
      tile.setAttribute("data-arrived", "");
      this.mark(tile, "sent", "✓");
    } catch (failure) {
      this.mark(tile, "failed", failure.code === "offline" ? texts.photoFailed : failure.message);
    }
  }

  async sendAll() {
    for (const sha of [...this.waiting.keys()]) this.enqueue(sha);
    await this.queue;
    return this.waiting.size === 0;
  }

  async remove(sha) {
    // No draft from here on names it, and one that is under way is over before it goes: it would name it anew.
    const name = this.tile(sha)?.querySelector("[name=photo]");
    if (name) name.disabled = true;
    try {
      await this.settled();
      await this.queue;
      await send(`${this.address(sha)}/remove`, new FormData());
    } catch (failure) {
      if (name) name.disabled = false;
      this.error.textContent = failure.message;
      this.error.hidden = false;
      return;
    }
    this.waiting.delete(sha);
    await dropPhoto(...this.who, sha);
    this.tile(sha)?.remove();
    this.onChange();
  }

  // Of what the server misses: whether the phone still has all of it. What no tile shows was removed here.
  async canSend(hashes) {
    for (const sha of hashes.filter((each) => !this.tile(each))) await this.remove(sha);
    return hashes.every((sha) => this.waiting.has(sha) || !this.tile(sha));
  }

  tile(sha) {
    return this.place.querySelector(`[data-sha="${sha}"]`);
  }

  address(sha) {
    return this.form.dataset.draft.replace("report/draft", `photos/${sha}`);
  }
}

async function untilTaken(sendIt) {
  for (let left = TRIES - 1; ; left -= 1) {
    try {
      return await sendIt();
    } catch (failure) {
      if (failure.code !== "busy" || !left) throw failure;
    }
    await new Promise((resume) => { setTimeout(resume, PAUSE_MS); });
  }
}

// A picture that this browser cannot read is sent as it is; the server says whether it can.
async function small(file) {
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    return await drawn(image, LONGEST_SIDE).then((canvas) => new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
    }));
  } catch {
    return file;
  }
}

async function previewOf(blob) {
  try {
    return (await drawn(await createImageBitmap(blob), PREVIEW)).toDataURL("image/jpeg", 0.7);
  } catch {
    return "";
  }
}

async function drawn(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close?.();
  return canvas;
}
