"use strict";

// ReDoc shows a small picture from its makers' server. Nothing here is loaded from elsewhere, and the content
// security policy would refuse it with an error in the console: pictures from elsewhere fail without being asked for.
const source = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
const isOurs = (value) => {
  const url = new URL(value, location.href);
  return url.origin === location.origin || url.protocol === "data:";
};

Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(value) {
    this.setAttribute("src", value);
  },
});
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOurs(value)) {
    Element.prototype.setAttribute.call(this, name, value);
  } else {
    setTimeout(() => this.dispatchEvent(new Event("error")));
  }
};

const place = document.getElementById("documentation");

Redoc.init(place.dataset.document, {}, place);
