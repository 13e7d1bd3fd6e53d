// One key a decision: `a` approves, `r` leads to the reason for sending back, `s` skips. Not while something is typed.
(() => {
    const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) {
            return;
        }
        const found = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
        if (!found) {
            return;
        }
        event.preventDefault();
        if (found.matches("textarea")) {
            found.focus();
        } else {
            found.click();
        }
    });

    // The second click of a hurried hand sends nothing.
    for (const form of document.querySelectorAll("form[data-once]")) {
        form.addEventListener("submit", (event) => {
            if (form.dataset.sent) {
                event.preventDefault();
            }
            form.dataset.sent = "yes";
        });
    }
    // Coming back to the page with the browser's own button, it can be sent again.
    window.addEventListener("pageshow", () => {
        for (const form of document.querySelectorAll("form[data-once]")) {
            delete form.dataset.sent;
        }
    });
})();
