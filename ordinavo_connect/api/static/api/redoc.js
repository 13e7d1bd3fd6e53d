"use strict";

// ReDoc shows a small picture from its makers' server. Nothing here is loaded from elsewhere, and the content
// security policy would refuse it with an error in the console.
HTMLImageElement.prototype.setAttribute = function (name, value) {
  const isForeign = name === "src" && new URL(value, location.href).protocol.startsWith("http") &&
    new URL(value, location.href).origin !== location.origin;
  if (!isForeign) {
    Element.prototype.setAttribute.call(this, name, value);
  }
};

const place = document.getElementById("documentation");

Redoc.init(place.dataset.document, { requiredPropsFirst: true, sortPropsAlphabetically: false }, place);
