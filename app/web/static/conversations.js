// Rename and delete conversations.

import { confirmed, make, report, send, t } from "./ui.js";

/** Do what a button of the list is for; `open` is the conversation that the page shows. */
export async function change(control, open, refresh) {
  const row = control.closest("[data-conversation]"), session = row.dataset.conversation;
  const title = row.querySelector("a").textContent;
  const address = `/v1/sessions/${encodeURIComponent(session)}`;
  try {
    if (control.dataset.rename !== undefined) await rename(control, title, address, session, refresh);
    else await forget(control, title, address, session === open, refresh);
  } catch (error) {
    report(error);
  }
}

async function rename(control, title, address, session, refresh) {
  const field = make("input", { type: "text", maxlength: "500", value: title, class: "wide" });
  field.addEventListener("keydown", (key) => {
    if (key.key !== "Enter") return;
    key.preventDefault();
    field.closest("dialog").querySelector(".button.primary").click();
  });
  const body = make("label", { class: "field" }, make("span", {}, t("ask.rename_field")), field);
  if (await confirmed(t("ask.rename"), body, t("ask.rename_do"))) {
    await send(address, { method: "PATCH", json: { title: field.value } });
    await refresh();
    control = document.querySelector(`[data-conversation="${CSS.escape(session)}"] [data-rename]`);
  }
  control?.focus();
}

async function forget(control, title, address, isOpen, refresh) {
  if (!(await confirmed(t("ask.delete"), t("ask.delete_body", { title }), t("ask.delete_do"), { danger: true }))) {
    control.focus();
    return;
  }
  await send(address, { method: "DELETE" });
  if (isOpen) {
    location.assign("/");
    return;
  }
  await refresh();
  document.querySelector("#sidebar a").focus();
}
