// Comfort only: every page works without this file.
"use strict";

function groupByFour(digits) {
  return digits.replace(/\D/g, "").slice(0, 19).replace(/(.{4})(?=.)/g, "$1 ");
}

function asExpiry(typed) {
  const digits = typed.replace(/\D/g, "").slice(0, 4);
  return digits.length > 2 ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
}

// Formats while somebody types at the end, and leaves the caret alone elsewhere.
function formatWhileTyping(input, format) {
  input.addEventListener("input", () => {
    const atEnd = input.selectionStart === input.value.length;
    const formatted = format(input.value);
    const deleting = formatted.length > input.value.length;
    if (atEnd && !deleting) input.value = formatted;
  });
  input.addEventListener("change", () => {
    input.value = format(input.value);
  });
}

function fillIn(number) {
  const values = { card_number: groupByFour(number), expiry: "12 / 34", cvc: "123" };
  for (const [id, value] of Object.entries(values)) document.getElementById(id).value = value;
  const name = document.getElementById("name");
  if (name && !name.value) name.value = "Test Customer";
  document.getElementById("card_number").focus();
}

function blockSecondSubmit(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
}

// Shows the tax of the chosen country; the server checks the total again when the form arrives.
function followCountry(select) {
  const shown = select.form.elements.namedItem("shown_total");
  select.addEventListener("change", async () => {
    shown.value = "";
    const totals = document.getElementById("totals");
    const country = select.value;
    const answer = await fetch(`${totals.dataset.totals}?country=${encodeURIComponent(country)}`);
    if (!answer.ok || select.value !== country) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("totals");
    shown.value = fresh.dataset.total;
    totals.replaceWith(fresh);
  });
}

const cardNumber = document.getElementById("card_number");
if (cardNumber) {
  formatWhileTyping(cardNumber, groupByFour);
  formatWhileTyping(document.getElementById("expiry"), asExpiry);
  for (const button of document.querySelectorAll("[data-fill]")) {
    button.hidden = false;
    button.addEventListener("click", () => fillIn(button.dataset.fill));
  }
}

const country = document.getElementById("country");
if (country && document.getElementById("totals")) followCountry(country);

for (const form of document.querySelectorAll("form[data-once]")) blockSecondSubmit(form);

// Coming back with the browser's own button must not find a dead form.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});
