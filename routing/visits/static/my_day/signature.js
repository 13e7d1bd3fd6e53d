// A signature drawn by finger. `kept`: the picture of a signature that was not sent yet, as a data: address.

export class Pad {
  constructor(place, { kept, onChange }) {
    this.place = place;
    this.canvas = place.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.isBlank = true;
    this.onChange = onChange;
    Object.assign(this.pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: "#0b1220" });
    place.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.draw(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => this.lift());
    if (kept) this.restore(kept);
  }

  begin(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.isDown = true;
    this.at = this.point(event);
    this.line(this.at);
  }

  draw(event) {
    if (!this.isDown) return;
    for (const each of event.getCoalescedEvents?.() || [event]) this.line(this.point(each));
  }

  lift() {
    if (!this.isDown) return;
    this.isDown = false;
    this.onChange(this.canvas.toDataURL("image/png"));
  }

  line(to) {
    this.pen.beginPath();
    this.pen.moveTo(...this.at);
    this.pen.lineTo(...to);
    this.pen.stroke();
    this.at = to;
    this.isBlank = false;
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * this.canvas.width / box.width;
    return [x, (event.clientY - box.top) * this.canvas.height / box.height];
  }

  clear() {
    this.pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.isBlank = true;
    this.onChange("");
  }

  restore(address) {
    const image = new Image();
    image.onload = () => this.pen.drawImage(image, 0, 0);
    image.src = address;
    this.isBlank = false;
  }

  blob() {
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }
}
