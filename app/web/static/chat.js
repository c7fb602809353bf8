// The chat: ask, show words as they come, and all that is done with an answer and a conversation.

import { RequestFailed, events, icon, load, make, once, plural, scrollWithin, send, setHtml, signingOut, t } from "./ui.js";

const $ = (id) => document.getElementById(id);
const chat = $("chat"), thread = $("thread"), turns = $("turns"), box = $("question"), live = $("live");
const state = {
  session: chat.dataset.session || newSession(),
  stopper: null, // ends the answer that is on its way
  editing: null, // the turn whose question is edited
  signedOut: false,
  replaces: null, // an answer that the server still holds, and the page shows no more
};

function newSession() {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return "c_" + btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

// What screen readers speak: whole sentences, not letters.

class Speaker {
  constructor() { this.waiting = ""; }

  add(text) {
    this.waiting += text;
    let end;
    while ((end = this.waiting.search(/[.!?…:]\s|\n/)) >= 0) {
      this.say(this.waiting.slice(0, end + 1));
      this.waiting = this.waiting.slice(end + 1);
    }
  }

  end() {
    this.say(this.waiting);
    this.waiting = "";
  }

  say(text) {
    const plain = text.replace(/\[\d+\]/g, "").trim();
    if (!plain) return;
    live.append(make("p", {}, plain));
    while (live.childElementCount > 40) live.firstElementChild.remove();
  }
}

const isAtEnd = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 80;
const toEnd = () => { thread.scrollTop = thread.scrollHeight; };
const lastTurn = () => turns.lastElementChild;

async function ask(question, { instead = null, again = false } = {}) {
  question = question.trim();
  if (!question || state.stopper) return;
  const replaces = instead?.dataset.answer ?? state.replaces;
  const last = lastTurn();
  // The same question once more: what came of it before goes.
  if (last?.classList.contains("incomplete") && last.dataset.question === question) last.remove();
  const pending = $("pending").content.firstElementChild.cloneNode(true);
  pending.querySelector(".question").textContent = question;
  pending.dataset.question = question;
  const status = pending.querySelector(".status-text"), words = pending.querySelector(".words");
  status.textContent = t("ask.searching");
  $("empty")?.setAttribute("hidden", "");
  if (instead) instead.replaceWith(pending);
  else turns.append(pending);
  toEnd();
  stopEditing();
  const stopper = new AbortController(), speaker = new Speaker();
  working(stopper);
  let answered = false, begun = false;
  const text = document.createTextNode("");
  words.append(text);
  try {
    const json = {
      question, session_id: state.session, document_set: $("document-set")?.value || null,
      prompt: $("prompt")?.value || null, replaces, again,
    };
    const response = await send("/chat/ask", { method: "POST", json, signal: stopper.signal });
    for await (const { name, data } of events(response)) {
      const follow = isAtEnd();
      if (name === "token") {
        begun = true;
        text.appendData(data.text);
        pending.classList.add("speaking");
        speaker.add(data.text);
      } else if (name === "passages") {
        status.textContent = plural("ask.reading", data.count);
      } else if (name === "answer") {
        answered = true;
        speaker.end();
        show(pending, data, speaker);
        // The next question need not wait for the end of the stream.
        working(null);
      } else if (name === "error") {
        throw new RequestFailed(data.status, data.detail, data.retry_after ?? 0);
      }
      if (follow) toEnd();
    }
    if (!answered) throw new RequestFailed(0, t("ask.interrupted"));
  } catch (error) {
    speaker.end();
    if (!answered) failed(pending, error, { instead, question, replaces, begun });
  } finally {
    if (state.stopper === stopper) working(null);
  }
}

function working(stopper) {
  state.stopper = stopper;
  const stop = $("stop"), go = $("send");
  const hadFocus = document.activeElement === stop || document.activeElement === go;
  stop.hidden = !stopper;
  go.hidden = !!stopper;
  if (hadFocus) (stopper ? stop : box).focus();
}

function show(pending, data, speaker) {
  const holder = make("div");
  setHtml(holder, data.html);
  const turn = holder.firstElementChild;
  pending.replaceWith(turn);
  // Of a long answer, the beginning is read first.
  if (turn.offsetHeight > thread.clientHeight - 60) requestAnimationFrame(() => scrollWithin(thread, turn, "start"));
  state.replaces = null;
  speaker.say(data.refused ? t("ask.refused") : plural("ask.done", data.sources));
  if (!data.kept) return;
  if (location.pathname === "/") history.replaceState(null, "", `/chat/${state.session}`);
  // Another window has asked in this conversation too, or an answer was kept that this page gave up.
  if (data.exchanges > turns.querySelectorAll(":scope > .turn:not(.pending, .incomplete)").length) {
    const all = make("a", { href: location.pathname }, t("ask.show_all"));
    turn.before(make("p", { class: "notice" }, icon("info"), make("span", {}, t("ask.elsewhere"), " ", all)));
  }
  refreshList();
}

/** Leave what has come, say what went wrong, and offer to ask again. */
function failed(pending, error, { instead, question, replaces, begun }) {
  const stopped = error.name === "AbortError";
  const signedOut = error.status === 401;
  if (signedOut || !begun) {
    // No word has come: what was there before is there again, and the question is kept.
    if (!box.value.trim()) setBox(question);
    if (instead) pending.before(instead);
  } else {
    state.replaces = replaces ?? null;
  }
  if (signedOut) {
    state.signedOut = true;
    keepDraft(box.value);
  }
  pending.removeAttribute("aria-busy");
  pending.classList.remove("speaking");
  pending.classList.add("incomplete");
  pending.querySelector(".status").remove();
  const isNetwork = !(error instanceof RequestFailed) && !stopped;
  const message = stopped ? t("ask.stopped") : isNetwork ? t("ask.interrupted") : signedOut ? t("ask.signed_out") : error.message;
  const notice = make("div", { class: `notice ${stopped ? "" : signedOut ? "warn" : "danger"}`, role: stopped ? "status" : "alert" },
    icon(stopped ? "stop" : "alert"), make("span", {}, message.charAt(0).toUpperCase() + message.slice(1)));
  pending.querySelector(".answer").append(notice);
  if (signedOut) {
    notice.append(make("a", { class: "button", href: `/sign-in?next=${encodeURIComponent(location.pathname)}` }, t("shared.sign_in")));
  } else {
    const again = make("button", { class: "button", type: "button" }, icon("retry"), t("ask.again"));
    again.addEventListener("click", () => {
      if (state.stopper) return;
      if (box.value.trim() === question) setBox("");
      pending.remove();
      ask(question, { instead: instead?.isConnected ? instead : null });
    });
    notice.append(again);
    if (error.wait) countDown(notice, again, error.wait);
  }
  scrollWithin(thread, notice);
}

function countDown(notice, again, seconds) {
  const left = make("span", { class: "small" });
  notice.insertBefore(left, again);
  again.disabled = true;
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const rest = Math.ceil((until - Date.now()) / 1000);
    if (rest <= 0) {
      left.remove();
      again.disabled = false;
      return;
    }
    left.textContent = plural("ask.wait", rest);
    setTimeout(tick, 250);
  };
  tick();
}

// The question's box.

function setBox(text) {
  box.value = text;
  fit();
}

function fit() {
  if (CSS.supports("field-sizing", "content")) return;
  box.rows = Math.min(8, box.value.split("\n").length);
}

function edit(turn) {
  if (!turn || state.stopper) return;
  state.editing = turn;
  turn.classList.add("edited");
  $("editing").hidden = false;
  setBox(turn.dataset.question);
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

function stopEditing() {
  state.editing?.classList.remove("edited");
  state.editing = null;
  $("editing").hidden = true;
}

// A question without an answer outlives a reload and a sign-in, but not a sign-out.

function keepDraft(text) {
  const path = state.signedOut ? null : location.pathname;
  sessionStorage.setItem("plumb_draft", JSON.stringify({ who: chat.dataset.who, text, path }));
}

function findDraft() {
  const kept = sessionStorage.getItem("plumb_draft");
  if (!kept) return;
  const { who, text, path } = JSON.parse(kept);
  if (who === chat.dataset.who && path && path !== location.pathname) return;
  sessionStorage.removeItem("plumb_draft");
  if (who === chat.dataset.who && !box.disabled) setBox(text);
}

addEventListener("pagehide", () => {
  const text = box.value.trim() ? box.value : state.stopper ? lastTurn()?.dataset.question : "";
  if (text && !state.editing && !signingOut.begun) keepDraft(text);
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = box.value;
  if (!question.trim() || state.stopper) return;
  const instead = state.editing;
  setBox("");
  ask(question, { instead });
});
box.addEventListener("input", fit);
box.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("composer").requestSubmit();
  } else if (event.key === "ArrowUp" && !box.value && lastTurn()?.dataset.answer) {
    event.preventDefault();
    edit(lastTurn());
  }
});
// The second click of a double click on "Ask" is no wish to stop.
$("stop").addEventListener("click", (event) => { if (event.detail < 2) state.stopper?.abort(); });
$("cancel-edit").addEventListener("click", cancelEdit);

function cancelEdit() {
  stopEditing();
  setBox("");
  box.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog.dialog[open]")) return;
  if (chat.classList.contains("list-open")) showList(false);
  else if ($("source").open) $("source").dispatchEvent(new Event("leave"));
  else if (state.stopper) state.stopper.abort();
  else if (state.editing) cancelEdit();
});

// What is done with an answer.

turns.addEventListener("click", (event) => {
  const control = event.target.closest("button, a.chip");
  const turn = control?.closest(".turn");
  if (!turn) return;
  const data = control.dataset;
  if (data.open !== undefined) {
    event.preventDefault();
    openSource(turn.querySelectorAll(".sources:not(.nearest) [data-source]")[Number(data.open)], control, Number(data.span));
  } else if (data.source !== undefined) openSource(control, control, 0);
  else if (data.retry !== undefined) ask(turn.dataset.question, { instead: turn, again: true });
  else if (data.edit !== undefined) edit(turn);
  else if (data.copy !== undefined || data.thumb !== undefined) {
    once(turn.querySelector(".actions"), async () => {
      const { copy, judge } = await load(import("./answer_actions.js"));
      await (data.copy !== undefined ? copy(turn.dataset.markdown) : judge(turn, control));
    });
  } else if (data.served !== undefined) {
    const details = turn.querySelector(".served");
    details.hidden = !details.hidden;
    control.setAttribute("aria-expanded", String(!details.hidden));
    if (!details.hidden) scrollWithin(thread, details);
  }
});

// One promise for all clicks, so that they go on in their order: two imports may end in any.
let sourceModule = null;

function openSource(source, opener, span) {
  once(opener, async () => {
    sourceModule ??= load(import("./source.js")).catch((error) => {
      sourceModule = null;
      throw error;
    });
    const { open } = await sourceModule;
    await open(source, opener, span);
  });
}

// Conversations.

function refreshList() {
  // What fails leaves the list as it was; the answer is there.
  import("./conversations.js").then(({ refresh }) => refresh(state.session)).catch(() => {});
}

function showList(shown) {
  chat.classList.toggle("list-open", shown);
  $("open-sidebar").setAttribute("aria-expanded", String(shown));
  document.querySelector(".talk").inert = shown;
  if (shown) $("sidebar").querySelector("a").focus();
  else $("open-sidebar").focus();
}

$("open-sidebar").addEventListener("click", () => showList(!chat.classList.contains("list-open")));
chat.addEventListener("click", (event) => {
  if (event.target === chat && chat.classList.contains("list-open")) showList(false);
});

$("conversations").addEventListener("click", (event) => {
  const control = event.target.closest("[data-rename], [data-delete], [data-older]");
  if (!control) return;
  once(control.closest("li") ?? control, async () => {
    const { change } = await load(import("./conversations.js"));
    await change(control, state.session);
  });
});

// What is asked, and with which prompt.

const remember = (name, value) => { document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; samesite=strict`; };

$("prompt")?.addEventListener("change", (event) => remember("plumb_prompt", event.target.value));
if ($("document-set")?.tagName === "SELECT") {
  $("document-set").addEventListener("change", async (event) => {
    remember("plumb_set", event.target.value);
    const picker = $("prompt");
    if (picker) {
      const usual = make("option", { value: "" }, picker.dataset.usual);
      const aliases = JSON.parse(picker.dataset.aliases)[event.target.value] ?? [];
      picker.replaceChildren(usual, ...aliases.map((alias) => make("option", {}, alias)));
    }
    await suggest(event.target.value);
  });
}

let suggesting = null;

async function suggest(name) {
  const place = $("suggestions");
  if (!place || !name || $("empty").hidden) return;
  suggesting?.abort();
  const mine = suggesting = new AbortController();
  try {
    const response = await send(`/suggestions?document_set=${encodeURIComponent(name)}`, { signal: mine.signal });
    setHtml(place, await response.text());
  } catch {
    if (mine === suggesting) place.replaceChildren();
  }
}

$("suggestions")?.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-suggestion]");
  // Without the characters that keep words of right-to-left scripts in their place.
  if (chosen) ask(chosen.textContent.replace(/[\u2066-\u2069]/g, "").trim());
});

// They were still being worked out when the page was made.
if ($("suggestions")?.dataset.late !== undefined) suggest($("document-set")?.value);

findDraft();
toEnd();
if (!matchMedia("(pointer: coarse)").matches) box.focus();
