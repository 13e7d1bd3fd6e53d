// One press, one deed: a button says that it is sending, further presses do nothing, and what fails keeps everything.

import { Failure, newId, say, send, texts } from "./network.js";

for (const form of document.querySelectorAll("form[data-send]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    const button = form.querySelector("button:not([type=button])");
    const said = form.querySelector("[data-said]");
    const label = button.textContent;
    // The same id until it has worked: the server does it once, however often it hears of it.
    form.elements.action_id.value ||= newId();
    said.hidden = true;
    button.disabled = true;
    button.textContent = texts.sending;
    try {
      const answer = await send(form.action, new FormData(form));
      location.assign(answer.next);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      say(said, failure);
      delete form.dataset.busy;
      button.disabled = false;
      button.textContent = label;
    }
  });
}

// A page that comes back from the browser's memory may show a state that is over.
addEventListener("pageshow", (event) => event.persisted && location.reload());
