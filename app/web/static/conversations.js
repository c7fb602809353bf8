// The list of conversations: refreshed, with older ones, and each renamed or deleted.

import { confirmed, make, refreshHtml, send, t } from "./ui.js";

const list = document.getElementById("conversations");
let listing = null, all = "";

/** Show the list as it is now, and above the answers the title of the conversation that is open. */
export async function refresh(open) {
  listing?.abort();
  listing = new AbortController();
  const response = await send(`/conversations?current=${encodeURIComponent(open)}${all}`, { signal: listing.signal });
  refreshHtml(list, await response.text());
  const current = list.querySelector("a[aria-current]"), head = document.getElementById("talk-head");
  if (!current) return;
  head.querySelector("h1").textContent = current.textContent;
  for (const link of head.querySelectorAll("[data-export]")) link.href = `/chat/${open}/export?format=${link.dataset.export}`;
  head.hidden = false;
  document.title = document.title.replace(/^.*(?= · )/, () => current.textContent);
}

/** Do what a button of the list is for; `open` is the conversation that the page shows. */
export async function change(control, open) {
  if (control.dataset.older !== undefined) {
    const shown = list.querySelectorAll("[data-conversation]").length;
    all = "&all=true";
    await refresh(open);
    list.querySelectorAll("[data-conversation] a")[shown]?.focus();
    return;
  }
  const session = control.closest("[data-conversation]").dataset.conversation;
  const title = control.closest("[data-conversation]").querySelector("a").textContent;
  const address = `/v1/sessions/${encodeURIComponent(session)}`;
  if (control.dataset.rename !== undefined) await rename(control, title, address, session, open);
  else await forget(control, title, address, session, open);
}

async function rename(control, title, address, session, open) {
  const field = make("input", { type: "text", maxlength: "500", value: title, class: "wide" });
  field.addEventListener("keydown", (key) => {
    if (key.key !== "Enter" || key.isComposing) return;
    key.preventDefault();
    field.closest("dialog").querySelector(".button.primary").click();
  });
  const body = make("label", { class: "field" }, make("span", {}, t("ask.rename_field")), field);
  if (!(await confirmed(t("ask.rename"), body, t("ask.rename_do")))) {
    control.focus();
    return;
  }
  await send(address, { method: "PATCH", json: { title: field.value } });
  await refresh(open);
  list.querySelector(`[data-conversation="${CSS.escape(session)}"] [data-rename]`)?.focus();
}

async function forget(control, title, address, session, open) {
  if (!(await confirmed(t("ask.delete"), t("ask.delete_body", { title }), t("ask.delete_do"), { danger: true }))) {
    control.focus();
    return;
  }
  await send(address, { method: "DELETE" });
  if (session === open) {
    location.assign("/");
    return;
  }
  await refresh(open);
  document.querySelector("#sidebar a").focus();
}
