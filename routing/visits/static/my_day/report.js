// The report while it is written: kept on the phone with every key, on the server a moment later, and sent once.

import { forget, keepText, keptText } from "./kept.js";
import { Failure, newId, say, send, sendPicture, texts } from "./network.js";
import { Photos } from "./photos.js";
import { sha256 } from "./sha256.js";
import { Pad } from "./signature.js";

// After the last key: so that a sentence is one request.
const PAUSE_MS = 1200;
// Photos that the server misses are sent again by themselves this often.
const MOST_TRIES = 3;

const form = document.getElementById("report");
const who = [form.dataset.employee, form.dataset.appointment];
const button = form.querySelector("[data-submit]");
const said = form.querySelector("[data-said]");
const saved = form.querySelector("[data-saved]");
const rows = form.querySelector("[data-material-rows]");
const label = button.textContent;
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "action_id", "photo"]);

let signature = "";
let timer = 0;
let saving = Promise.resolve();
let isSending = false;
let sendsWhenOnline = false;
let changes = 0;

// Text

function entries() {
  return [...new FormData(form)].filter(([name]) => !NOT_KEPT.has(name));
}

function changed() {
  changes++;
  keepText(...who, { fields: entries(), signature });
  saved.textContent = texts.keptHere;
  clearTimeout(timer);
  timer = setTimeout(saveSoon, PAUSE_MS);
}

function saveSoon() {
  saving = saving.then(save);
}

async function save() {
  if (isSending) return;
  const before = changes;
  saved.textContent = texts.saving;
  try {
    const answer = await send(form.dataset.draft, new FormData(form));
    saved.textContent = `${texts.saved} ${answer.savedAt}`;
    if (changes === before) keepText(...who, signature ? { fields: null, signature } : null);
  } catch (failure) {
    saved.textContent = texts.keptHere;
    if (failure.code !== "offline") say(said, failure);
  }
}

function restore() {
  const kept = keptText(...who);
  if (!kept) return;
  signature = kept.signature || "";
  if (!kept.fields) return;
  const values = new Map();
  for (const [name, value] of kept.fields) values.set(name, [...(values.get(name) || []), value]);
  while (rows.children.length < (values.get("material_name") || []).length) addRow();
  for (const element of form.elements) {
    if (!element.name || NOT_KEPT.has(element.name)) continue;
    const given = values.get(element.name) || [];
    if (element.type === "radio") element.checked = given.includes(element.value);
    else if (element.type === "checkbox") element.checked = given.length > 0;
    else element.value = given.shift() ?? "";
  }
  saved.textContent = texts.restored;
  timer = setTimeout(saveSoon, PAUSE_MS);
}

// Material

function addRow() {
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.children) input.value = "";
  rows.append(row);
  return row;
}

function showMaterials() {
  const blank = [...rows.children].filter((row) => [...row.children].every((input) => !input.value));
  for (const row of blank.slice(1)) row.remove();
  const more = form.querySelector("[data-more-material]");
  more.hidden = false;
  more.addEventListener("click", () => addRow().firstElementChild.focus());
}

// Sending

function showErrors(errors) {
  for (const place of form.querySelectorAll("[data-error-for]")) {
    const sentence = errors[place.dataset.errorFor === "" ? "__all__" : place.dataset.errorFor];
    place.textContent = sentence || "";
    place.hidden = !sentence;
  }
  form.querySelector("[data-error-for]:not([hidden])")?.scrollIntoView({ block: "center" });
}

// What is wrong was said of the value before: it is asked again when the report is sent.
function forgive(field) {
  const place = field.name && form.querySelector(`[data-error-for="${CSS.escape(field.name)}"]`);
  if (!place || place.hidden) return;
  place.hidden = true;
  if (!form.querySelector("[data-error-for]:not([hidden])")) said.hidden = true;
}

async function sendSignature() {
  if (!signature || pad.isBlank) return;
  const blob = await pad.blob();
  const sha = await sha256(blob);
  await sendPicture(`${photos.address(sha)}?kind=Signature`, blob, () => {});
  signature = "";
  keepText(...who, { fields: entries(), signature });
}

async function sendReport(tries = 1) {
  await photos.sendAll();
  await sendSignature();
  try {
    return await send(form.action, new FormData(form));
  } catch (failure) {
    const missing = failure.data?.missing || [];
    if (!missing.length || tries >= MOST_TRIES) throw failure;
    if (!(await photos.canSend(missing))) throw new Failure(texts.photosLost, failure.code);
    return sendReport(tries + 1);
  }
}

async function submit() {
  if (isSending) return;
  isSending = true;
  sendsWhenOnline = false;
  clearTimeout(timer);
  keepText(...who, { fields: entries(), signature });
  // The same id until it has worked: sent twice, it is one report.
  form.elements.action_id.value ||= newId();
  button.disabled = true;
  button.textContent = texts.sending;
  said.hidden = true;
  showErrors({});
  await saving;
  try {
    const answer = await sendReport();
    await forget(...who);
    location.replace(answer.next);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    tell(failure);
  }
}

function tell(failure) {
  isSending = false;
  button.disabled = false;
  button.textContent = label;
  if (failure.code === "report_sent") return location.reload();
  if (failure.data.errors) showErrors(failure.data.errors);
  if (failure.code === "offline") {
    sendsWhenOnline = true;
    failure.message = texts.waitsForSignal;
  }
  return say(said, failure);
}

// Begin

showMaterials();
restore();
for (const part of form.querySelectorAll("[data-needs-script]")) part.hidden = false;
const photos = new Photos(form, { onChange: changed, settled: () => saving });
const pad = new Pad(form.querySelector("[data-pad]"), {
  kept: signature,
  onChange: (drawn) => {
    signature = drawn;
    changed();
  },
});
const keptSignature = form.querySelector("[data-kept-signature]");
if (keptSignature) {
  pad.place.hidden = !signature;
  form.querySelector("[data-sign-again]").addEventListener("click", () => { pad.place.hidden = false; keptSignature.hidden = true; });
}
form.addEventListener("input", (event) => {
  forgive(event.target);
  changed();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
addEventListener("online", () => (sendsWhenOnline ? submit() : changes && saveSoon()));
await photos.restore();
