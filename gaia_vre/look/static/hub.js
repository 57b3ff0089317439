// Small things of single pages: copy a number, tell a link apart from where one came.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}
// A notebook asked for by its address stays asked for through the start of the lab.
if (location.hash) {
  const start = document.getElementById("start");
  if (start) start.href += location.hash;
}
