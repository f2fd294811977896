// What makes pages a little quicker to use. All of them are whole without it.
"use strict";

// What a screen reader is told.
const said = document.createElement("p");
said.className = "vh";
said.setAttribute("role", "status");
document.body.append(said);

// A button beside each address, that copies it. Where the browser may not copy, there is none.
for (const button of document.querySelectorAll(".copyit")) {
  if (!navigator.clipboard) break;
  const usual = button.textContent;
  const address = button.parentElement.querySelector("code").textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(address);
    button.textContent = `✓ ${button.dataset.done}`;
    said.textContent = button.dataset.done;
    setTimeout(() => {
      button.textContent = usual;
      said.textContent = "";
    }, 3_000);
  });
}

// The menu of languages closes by Escape, by a click elsewhere, and when the keyboard leaves it.
const tongues = document.querySelector("details.tongues");
if (tongues) {
  const shut = () => tongues.removeAttribute("open");
  document.addEventListener("click", (event) => tongues.contains(event.target) || shut());
  tongues.addEventListener("focusout", (event) => event.relatedTarget && !tongues.contains(event.relatedTarget) && shut());
  tongues.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    shut();
    tongues.querySelector("summary").focus();
  });
}
