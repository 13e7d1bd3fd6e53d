// Deciding many at once takes some seconds: the page says so while it works.

document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-alike-form]")) {
        event.target.querySelector("[data-working]").hidden = false;
    }
});
