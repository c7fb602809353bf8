// What every page needs: texts, requests with the sign-in's token, notices, the theme, forms that change.

const block = document.getElementById("texts");
const texts = block ? JSON.parse(block.textContent) : {};

// Characters that turn the direction of what stands around them, and letters of scripts that run from right to left.
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A value within a sentence: whatever letters it has, the words around it stay in their order. */
function isolated(value) {
  const plain = String(value).replace(TURNING, "");
  return LEFTWARD.test(plain) ? `\u2068${plain}\u2069` : plain;
}

/** The text of a key ("group.name"), with {names} filled in. */
export function t(key, values = {}) {
  const dot = key.indexOf(".");
  const text = texts[key.slice(0, dot)]?.[key.slice(dot + 1)];
  if (text === undefined) throw new Error(`no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? isolated(values[name]) : whole));
}

/** The text for a count: "<key>.one" for 1, else "<key>.other". */
export function plural(key, count, values = {}) {
  return t(`${key}.${count === 1 ? "one" : "other"}`, { count: count.toLocaleString(), ...values });
}

// Markup that the server has rendered and sanitised; nothing else is ever set as markup.
const policy = window.trustedTypes?.createPolicy("plumbline", { createHTML: (html) => html });

/** Replace an element's content by markup from the server. */
export function setHtml(element, html) {
  element.innerHTML = policy ? policy.createHTML(html) : html;
}

/** An element with attributes and children; texts are set as texts. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** An icon of icons.svg. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", new URL("icons.svg", import.meta.url).pathname + `#${name}`);
  svg.append(use);
  return svg;
}

/** Scroll a box, and nothing around it, until an element in it is seen: "nearest", "start" or "center". */
export function scrollWithin(box, element, where = "nearest") {
  const outer = box.getBoundingClientRect(), inner = element.getBoundingClientRect();
  const above = inner.top - outer.top, below = inner.bottom - outer.bottom;
  if (where === "start") box.scrollTop += above - 12;
  else if (where === "center") {
    box.scrollTop += above - Math.max(0, outer.height - inner.height) / 2;
    if (inner.left < outer.left || inner.right > outer.right) box.scrollLeft += inner.left - outer.left - Math.max(0, outer.width - inner.width) / 2;
  } else if (above < 0) box.scrollTop += above - 12;
  else if (below > 0) box.scrollTop += Math.min(below + 12, above);
}

export class RequestFailed extends Error {
  /** `wait`: after how many seconds it is worth while to try again; 0: nobody said. */
  constructor(status, detail, wait = 0) {
    super(detail);
    this.status = status;
    this.wait = wait;
  }
}

/** Send a request to this service. Raises RequestFailed with the problem's own words. */
export async function send(address, { method = "GET", json, body, headers = {}, signal } = {}) {
  const all = { "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]')?.content ?? "", ...headers };
  if (json !== undefined) {
    all["Content-Type"] = "application/json";
    body = JSON.stringify(json);
  }
  let response;
  try {
    response = await fetch(address, { method, body, headers: all, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestFailed(0, t("shared.offline"));
  }
  if (response.status === 401) throw new RequestFailed(401, t("shared.signed_out"));
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    const wait = Number(response.headers.get("Retry-After")) || 0;
    throw new RequestFailed(response.status, problem.detail ?? t("shared.refused", { status: response.status }), wait);
  }
  return response;
}

/** Server-sent events of a response, one after the other. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    held += value;
    let end;
    while ((end = held.indexOf("\n\n")) >= 0) {
      const fields = held.slice(0, end).split("\n");
      held = held.slice(end + 2);
      const name = fields.find((line) => line.startsWith("event: "))?.slice(7);
      const data = fields.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (name) yield { name, data: JSON.parse(data) };
    }
  }
}

/** A module that is loaded when it is first needed. Raises RequestFailed where it cannot be had. */
export async function load(module) {
  try {
    return await module;
  } catch {
    throw new RequestFailed(0, t("shared.offline"));
  }
}

/** Do the work of a control, but not once more while it goes on: for double clicks and keys held down. */
export async function once(control, work) {
  if (control.getAttribute("aria-busy") === "true") return;
  control.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    report(error);
  } finally {
    control.removeAttribute("aria-busy");
  }
}

/** Replace an element's content as `setHtml` does; what has the focus in it has it again, and the scroll stays. */
export function refreshHtml(element, html) {
  const had = element.contains(document.activeElement) && document.activeElement !== element ? document.activeElement : null;
  const key = (one) => [one.tagName, one.getAttribute("href"), one.getAttribute("aria-label")].join(" ");
  const wanted = had && key(had), left = element.querySelector(".scroll")?.scrollLeft ?? 0;
  setHtml(element, html);
  const box = element.querySelector(".scroll");
  if (box) box.scrollLeft = left;
  if (!had) return;
  const same = [...element.querySelectorAll("a, button, [tabindex]")].find((one) => key(one) === wanted);
  (same ?? document.getElementById("content")).focus({ preventScroll: true });
}

/** A notice at the edge of the page, read out politely; it goes after a while, errors stay. */
export function toast(text, { kind = "info", action } = {}) {
  const close = make("button", { type: "button", class: "button icon-only quiet", "aria-label": t("shared.dismiss") }, icon("close"));
  const notice = make("div", { class: `toast ${kind}` }, make("span", {}, text), ...(action ? [action] : []), close);
  close.addEventListener("click", () => {
    const hadFocus = notice.contains(document.activeElement);
    notice.remove();
    if (hadFocus) document.getElementById("content").focus({ preventScroll: true });
  });
  document.getElementById("toasts").append(notice);
  if (kind === "danger") return;
  // Who reads it, or is about to use a button of it, keeps it.
  const leave = () => (notice.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : notice.remove());
  setTimeout(leave, 6000);
}

/** Show what went wrong; a lost sign-in comes with the way back. */
export function report(error) {
  if (error.name === "AbortError") return;
  if (error.status === 401) {
    const next = encodeURIComponent(location.pathname);
    const link = make("a", { class: "button", href: `/sign-in?next=${next}` }, t("shared.sign_in"));
    toast(error.message, { kind: "danger", action: link });
    return;
  }
  toast(error instanceof RequestFailed ? error.message : t("shared.failed", { detail: error.message }), { kind: "danger" });
}

/** Ask before something that changes; true if it was confirmed. `body` may be an element. */
export function confirmed(title, body, confirm = t("shared.confirm"), { danger = false } = {}) {
  const no = make("button", { type: "button", class: "button" }, t("shared.cancel"));
  const yes = make("button", { type: "button", class: `button ${danger ? "danger" : "primary"}` }, confirm);
  const dialog = make("dialog", { class: "dialog", "aria-labelledby": "dialog-title" },
    make("h2", { id: "dialog-title" }, title), typeof body === "string" ? make("p", {}, body) : body,
    make("div", { class: "row end" }, no, yes));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    // At once, not when the browser says that it is closed: by then, the focus may be in another place.
    const end = (answer) => {
      if (!dialog.isConnected) return;
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    no.addEventListener("click", () => end(false));
    yes.addEventListener("click", () => end(true));
    dialog.addEventListener("close", () => end(false));
  });
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `plumb_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) switchTheme();
});

/** Whether the person is about to sign out: nothing of theirs is kept then. */
export const signingOut = { begun: false };

// Forms that change something: sent with the token of the sign-in, then the browser goes where it is led.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-post]");
  if (!form || event.defaultPrevented) return;
  event.preventDefault();
  once(form.querySelector("button:not([type=button])") ?? form, async () => {
    const response = await send(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    signingOut.begun = true;
    sessionStorage.clear();
    location.assign(response.redirected ? response.url : form.dataset.then ?? location.href);
  });
});

// A page that the browser restores from its cache: its user may have signed out since.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
