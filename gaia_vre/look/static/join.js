// The secret of an invitation stands behind the #, which browsers send to no server: put it into the form.
const secret = decodeURIComponent(location.hash.slice(1));
if (secret) {
  document.getElementById("secret").value = secret;
  history.replaceState(null, "", location.pathname);
}
