// iPhones do not know geo: addresses; their own maps are asked instead.

if (/iPhone|iPad|iPod/.test(navigator.userAgent)) {
  for (const link of document.querySelectorAll("[data-apple-query]")) {
    link.href = `maps://?daddr=${encodeURIComponent(link.dataset.appleQuery)}`;
  }
}

// A report that was sent: what the phone kept of it is not needed any more.
const sent = document.querySelector("[data-sent-report]");
if (sent) {
  const { forget } = await import("./kept.js");
  await forget(sent.dataset.employee, sent.dataset.sentReport);
}
