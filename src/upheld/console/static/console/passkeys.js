// Asks the browser for a passkey and puts its answer into the form; everything else the server does.
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const ready = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  if (ready) form.hidden = false;
  form.addEventListener("submit", async (event) => {
    const field = form.elements.namedItem("credential");
    if (field.value || !ready) return;
    event.preventDefault();
    const failed = form.querySelector(".passkey-failed");
    failed.hidden = true;
    try {
      field.value = JSON.stringify((await askPasskey(form)).toJSON());
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}

function askPasskey(form) {
  const options = JSON.parse(form.dataset.options).publicKey;
  if (form.dataset.passkey === "get") {
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  }
  const alone = form.elements.namedItem("passwordless");
  if (alone && alone.checked) {
    options.authenticatorSelection = { residentKey: "required", requireResidentKey: true, userVerification: "required" };
  }
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}
