"use strict";

// The preview of a subscription's form, without leaving the form: the answer to the same request is read, and its
// preview put in place of the present one. Without this script the button sends the form, and the page comes back.

document.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (event.target.id !== "subscription-form" || !button || button.name !== "preview") {
        return;
    }
    event.preventDefault();
    button.disabled = true;
    const asked = new FormData(event.target);
    asked.set("preview", "1");
    try {
        const answer = await fetch(window.location.href, { method: "POST", body: asked });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (page.querySelector("#preview .oc-json")) {
            document.getElementById("preview").replaceWith(page.getElementById("preview"));
            return;
        }
    } catch {
        // No answer that can be read: the browser tells what is wrong.
    }
    // Something is marked as wrong: the page that says so is shown as a whole.
    button.disabled = false;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "preview", value: "1" });
    event.target.append(field);
    HTMLFormElement.prototype.submit.call(event.target);
});
