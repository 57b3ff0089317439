// Whoever came to visit an app wakes it: a form, as nothing starts because an address was loaded.
document.getElementById("wake")?.requestSubmit();
