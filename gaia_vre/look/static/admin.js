// What the hub's own page for administrators expects to find.
"use strict";
{
  const page = JSON.parse(document.getElementById("gaia-page").textContent);
  window.jhdata = { ...page, admin_access: true, options_form: true };
  window.base_url = page.base_url;
  window.api_page_limit = Number(document.getElementById("react-admin-hook").dataset.pageLimit);
}
