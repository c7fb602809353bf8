// The source beside the answer: the document, its pages, and the cited words in it.

import { scrollWithin, send, setHtml, t } from "./ui.js";

const panel = document.getElementById("source");
const narrow = matchMedia("(max-width: 1000px)");
const ZOOMS = [1, 1.4, 2, 2.8];
let view = null;
let loading = null; // the document that is on its way

/** Open a document of an answer at one of its cited words; the focus comes back to `opener`. */
export async function open(source, opener, span) {
  const payload = source.dataset.source;
  // Of several that are opened one after the other, the last one counts.
  loading?.abort();
  loading = null;
  if (panel.open && view?.payload === payload) {
    view.opener = opener;
    goTo(placeOf(span));
    return;
  }
  const mine = loading = new AbortController();
  const response = await send("/chat/source", { method: "POST", json: JSON.parse(payload), signal: mine.signal });
  const html = await response.text();
  if (loading !== mine) return;
  loading = null;
  const had = document.activeElement;
  // Who has gone to another place meanwhile, to write there, say, stays in it.
  const isElsewhere = had !== opener && had !== document.body && !panel.contains(had);
  setHtml(panel, html);
  view = { payload, opener, mark: -1, page: 0, zoom: 0 };
  if (!panel.open) show();
  document.getElementById("chat").classList.add("source-open");
  (isElsewhere && !narrow.matches ? had : document.getElementById("source-title")).focus({ preventScroll: true });
  const sheet = document.getElementById("sheet");
  if (sheet) {
    view.pages = JSON.parse(sheet.dataset.pages);
    view.count = Number(sheet.dataset.count);
    const image = document.getElementById("sheet-image");
    image.addEventListener("load", () => {
      if (!image.isConnected) return;
      sheet.dataset.shown = view.page;
      problem("");
    });
    image.addEventListener("error", () => { if (image.isConnected) problem(t("ask.page_problem")); });
  }
  const marks = numbers();
  if (marks.length) goTo(placeOf(span));
  else if (sheet) showPage(1);
}

function show() {
  if (narrow.matches) panel.showModal();
  else panel.show();
}

function close() {
  loading?.abort();
  if (!panel.open) return;
  panel.close();
  clear();
}

/** Empty the panel, and give the focus back to what opened it. */
function clear() {
  document.getElementById("chat").classList.remove("source-open");
  if (view) (view.opener.isConnected ? view.opener : document.getElementById("question")).focus();
  view = null;
  panel.replaceChildren();
}

const numbers = () => JSON.parse(document.getElementById("source-body").dataset.spans);

/** Which mark a span of the answer is; the first where it stands in the document no more. */
function placeOf(span) {
  return Math.max(0, numbers().indexOf(span));
}

function seen(element) {
  if (element) scrollWithin(document.getElementById("source-body"), element, "center");
}

const isText = () => !document.getElementById("sheet") || document.getElementById("sheet").hidden;

function goTo(place) {
  const count = numbers().length;
  if (!count) return;
  view.mark = (place + count) % count;
  document.getElementById("mark-place").textContent = t("ask.mark_place", { place: view.mark + 1, count });
  for (const mark of panel.querySelectorAll("[data-span]")) {
    mark.classList.toggle("active", Number(mark.dataset.span) === view.mark);
  }
  const box = panel.querySelector(`rect[data-span="${view.mark}"]`);
  if (!isText()) {
    if (box) showPage(Number(box.closest("svg").dataset.page), box);
    else {
      // The words are not found among the page's characters: the text has them.
      if (!view.page) showPage(view.pages[0] ?? 1);
      asText(true);
    }
  }
  if (isText()) seen(panel.querySelector(`mark[data-span="${view.mark}"]`));
}

function showPage(page, box = null) {
  const sheet = document.getElementById("sheet"), image = document.getElementById("sheet-image");
  const boxes = panel.querySelector(`svg[data-page="${page}"]`);
  for (const one of panel.querySelectorAll("svg.boxes")) one.toggleAttribute("hidden", one !== boxes);
  const words = [...(boxes?.querySelectorAll("rect") ?? [])].map((one) => Number(one.dataset.span));
  const quoted = [...new Set(words)].map((span) => [...panel.querySelectorAll(`mark[data-span="${span}"]`)].map((mark) => mark.textContent).join(" "));
  if (view.page !== page) {
    view.page = page;
    // Known before the image is there: nothing jumps.
    if (boxes) sheet.style.setProperty("--ratio", boxes.dataset.ratio);
    // Until the image is there, no box of this page stands on the page before.
    delete sheet.dataset.shown;
    problem("");
    image.src = address(page);
    if (!box) document.getElementById("source-body").scrollTop = 0;
  }
  image.alt = t("ask.page_alt", { page, words: quoted.join("; ") || "–" });
  document.getElementById("page-place").textContent = t("ask.page_place", { page, count: view.count });
  for (const turn of panel.querySelectorAll("[data-turn]")) {
    turn.disabled = Number(turn.dataset.turn) < 0 ? page <= 1 : page >= view.count;
  }
  if (box) requestAnimationFrame(() => seen(box));
}

function address(page) {
  const { at, query } = document.getElementById("sheet").dataset;
  const width = ZOOMS[view.zoom] > 1.5 ? 2200 : 1300;
  return `${at}${page}?${query}&width=${width}`;
}

function problem(text) {
  const notice = document.getElementById("sheet-problem");
  if (!notice) return;
  notice.textContent = text;
  notice.hidden = !text;
}

function zoom(by) {
  const before = view.zoom;
  view.zoom = Math.min(ZOOMS.length - 1, Math.max(0, view.zoom + by));
  document.getElementById("sheet").style.setProperty("--zoom", ZOOMS[view.zoom]);
  if ((ZOOMS[before] > 1.5) !== (ZOOMS[view.zoom] > 1.5)) document.getElementById("sheet-image").src = address(view.page);
  for (const button of panel.querySelectorAll("[data-zoom]")) {
    button.disabled = view.zoom === (Number(button.dataset.zoom) < 0 ? 0 : ZOOMS.length - 1);
  }
  seen(panel.querySelector("svg.boxes:not([hidden]) rect.active"));
}

function asText(shown) {
  document.getElementById("sheet").hidden = shown;
  document.getElementById("document-text").hidden = !shown;
  panel.querySelector("[data-as-text]").setAttribute("aria-pressed", String(shown));
  for (const one of panel.querySelectorAll("[data-turn], [data-zoom]")) one.disabled = shown;
}

panel.addEventListener("click", (event) => {
  if (event.target === panel && narrow.matches) return close();
  const control = event.target.closest("button");
  if (!control) return undefined;
  const data = control.dataset;
  if (data.close !== undefined) close();
  else if (data.mark) goTo(view.mark + Number(data.mark));
  else if (data.turn) showPage(view.page + Number(data.turn));
  else if (data.zoom) zoom(Number(data.zoom));
  else if (data.asText !== undefined) {
    asText(!isText());
    const page = view.page;
    if (!isText()) view.page = 0;
    if (view.mark >= 0) goTo(view.mark);
    else showPage(page || 1);
  }
  return undefined;
});
panel.addEventListener("leave", close);
// The browser itself closes a modal panel. The event comes later than the closing: after `close`, the focus
// may be in another place by now, and stays there.
panel.addEventListener("close", () => {
  if (view && !panel.open) clear();
});
// A dialog on a narrow window, a panel beside the answer on a wide one; also where the person zooms.
narrow.addEventListener("change", () => {
  if (!panel.open) return;
  const had = document.activeElement, body = document.getElementById("source-body"), at = body.scrollTop;
  panel.close();
  show();
  body.scrollTop = at;
  if (!narrow.matches || panel.contains(had)) had.focus({ preventScroll: true });
});
