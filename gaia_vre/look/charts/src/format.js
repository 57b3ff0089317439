// Numbers and days as the page's language writes them.
const lang = document.documentElement.lang === "fr" ? "fr-FR" : "en-GB";
const digits = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
const hours = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });

export const number = (value) => (Math.abs(value) >= 100 ? whole : digits).format(value);
export const day = (date) => days.format(date);
export const hour = (date) => hours.format(date);
