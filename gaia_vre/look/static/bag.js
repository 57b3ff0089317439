// Sends a bag piece by piece and shows how far it is; a form would show nothing, and be held in memory.
const form = document.getElementById("bag");

function send(file) {
  const request = new XMLHttpRequest();
  const [bar, said] = [form.querySelector("progress"), form.querySelector("[role=status]")];
  const [go, stop] = [form.querySelector("[type=submit]"), form.querySelector("[data-stop]")];
  const rest = (words) => {
    said.textContent = words;
    bar.hidden = stop.hidden = true;
    go.disabled = false;
  };
  request.upload.addEventListener("progress", (event) => {
    bar.value = event.loaded / file.size;
    const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(bar.value);
    said.textContent = bar.value < 1 ? form.dataset.sending.replace("{percent}", percent) : form.dataset.checking;
  });
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(request.response.address);
    else rest(request.response?.message || form.dataset.failed);
  });
  request.addEventListener("error", () => rest(form.dataset.failed));
  request.addEventListener("abort", () => rest(""));
  stop.addEventListener("click", () => request.abort(), { once: true });
  bar.hidden = stop.hidden = false;
  go.disabled = true;
  request.open("POST", form.dataset.to);
  request.responseType = "json";
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Content-Type", "application/zip");
  request.setRequestHeader("X-XSRFToken", form.dataset.proof);
  request.send(file);
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const file = form.elements.file.files[0];
  if (file.size > Number(form.dataset.limit)) form.querySelector("[role=status]").textContent = form.dataset.large;
  else send(file);
});
