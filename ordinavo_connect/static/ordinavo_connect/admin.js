"use strict";

// Buttons that copy a text, and forms that must not be sent twice. Nothing here is inline: the content security
// policy of the admin allows scripts of our own files only.

async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) {
        await navigator.clipboard.writeText(text);
        return;
    }
    // Without HTTPS browsers hide the clipboard: the old way still works.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
}

document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) {
        return;
    }
    await copy(button.dataset.copy);
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 2000);
});

document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-once]")) {
        const button = event.target.querySelector("button:not([type=button])");
        // After the form's values are gathered, so that the browser still sends it.
        if (button) {
            setTimeout(() => { button.disabled = true; });
        }
    }
});
