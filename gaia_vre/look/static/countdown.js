// Lets the minutes of a countdown run while its page is open; without it they are those of when the page was made.
const announcedAt = [30, 10, 1];

function show(element) {
  const left = Math.max(0, Math.floor((new Date(element.dataset.ends) - Date.now()) / 60000));
  const [hours, minutes] = [Math.floor(left / 60), left % 60];
  const words = hours ? element.dataset.long : element.dataset.short;
  element.querySelector("b").textContent = words.replace("{hours}", hours).replace("{minutes}", minutes);
  if (element.dataset.frozen === undefined) {
    element.classList.toggle("gaia-countdown-soon", left <= 30 && left > 10);
    element.classList.toggle("gaia-countdown-last", left <= 10);
  }
  element.setAttribute("aria-live", announcedAt.includes(left) ? "polite" : "off");
}

const countdowns = document.querySelectorAll("[data-ends]");
setInterval(() => countdowns.forEach(show), 20000);
