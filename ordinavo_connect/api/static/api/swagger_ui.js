"use strict";

// A key that is typed in here is gone with the page: it is not stored in the browser.
const place = document.getElementById("documentation");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null, // its badge comes from another server
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});
