// Administration: publish with a confirmation, uploads, jobs as they go on. Changes go to the REST API.

import { confirmed, icon, make, once, plural, refreshHtml, report, RequestFailed, send, setHtml, t, toast } from "./ui.js";

const LOOK_AGAIN_MS = 4000;
const WAIT_WHEN_BUSY_MS = 5000;
const MOST_TRIES = 30;

const setAddress = (name) => `/v1/document-sets/${encodeURIComponent(name)}`;

/** A piece of a page from the server, as an element. */
async function piece(address, options) {
  const response = await send(address, options);
  const element = make("div", {});
  setHtml(element, await response.text());
  return element;
}

async function sync(name) {
  if (!(await confirmed(t("admin_script.sync_title", { name }), t("admin_script.sync_text"), t("admin_script.sync_confirm")))) return;
  const job = await (await send(`${setAddress(name)}/sync`, { method: "POST", json: {} })).json();
  location.assign(`/admin/jobs/${encodeURIComponent(job.id)}`);
}

async function cancelJob(job, name) {
  if (!(await confirmed(t("admin_script.cancel_title", { name }), t("admin_script.cancel_text"), t("admin_script.cancel_confirm"), { danger: true }))) return;
  await send(`/v1/jobs/${encodeURIComponent(job)}/cancel`, { method: "POST" });
}

async function move(name, version) {
  const body = await piece(`/admin/document-sets/${encodeURIComponent(name)}/move?version=${encodeURIComponent(version)}`);
  const { action, live, title, confirm } = body.firstElementChild.dataset;
  if (!(await confirmed(title, body, confirm, { danger: action === "rollback" }))) return;
  const asked = { version, live, why: body.querySelector("[name=why]").value.trim() };
  if (action === "publish") asked.force = body.querySelector("[name=force]")?.checked ?? false;
  await send(`${setAddress(name)}/${action}`, { method: "POST", json: asked });
  keepNotice(t("admin_script.published", { version }));
  location.reload();
}

async function removeUpload(name, file) {
  if (!(await confirmed(t("admin_script.remove_title", { name: file }), t("admin_script.remove_text"), t("admin_script.remove_confirm"), { danger: true }))) return;
  await send(`${setAddress(name)}/documents/${encodeURIComponent(file)}`, { method: "DELETE" });
  keepNotice(t("admin_script.removed", { name: file }));
  location.reload();
}

async function moveAlias(prompt, alias, set) {
  const query = new URLSearchParams({ alias, set });
  const body = await piece(`/admin/prompts/${encodeURIComponent(prompt)}/move?${query}`);
  const { title, confirm, now } = body.firstElementChild.dataset;
  const weights = () => Object.fromEntries([...body.querySelectorAll("[name=weight]")]
    .map((input) => [input.dataset.version, Math.max(0, Math.trunc(Number(input.value) || 0))]).filter(([, weight]) => weight));
  body.addEventListener("input", () => {
    const shares = Object.entries(weights());
    const sum = shares.reduce((total, [, weight]) => total + weight, 0);
    const text = shares.length === 1 ? shares[0][0] : shares.map(([version, weight]) => `${version} ${Math.round((100 * weight) / sum)}%`).join(" + ");
    body.querySelector("[data-then]").textContent = text || t("admin_script.alias_nothing");
  });
  if (!(await confirmed(title, body, confirm))) return;
  const why = body.querySelector("[name=why]").value.trim();
  const override = body.querySelector("[name=override]")?.checked ?? false;
  await changeAlias(`${encodeURIComponent(prompt)}/move`, { alias, document_set: set || null, weights: weights(), now, why, override });
}

async function takeAliasBack(prompt, alias, set, now, then) {
  const place = `${prompt}@${alias}${set ? ` (${set})` : ""}`;
  const said = t("admin_script.alias_back_text", { now, then });
  if (!(await confirmed(t("admin_script.alias_back_title", { place }), said, t("admin_script.alias_back_do"), { danger: true }))) return;
  await changeAlias(`${encodeURIComponent(prompt)}/rollback`, { alias, document_set: set || null, now });
}

async function changeAlias(address, json) {
  const { place, after } = await (await send(`/admin/prompts/${address}`, { method: "POST", json })).json();
  keepNotice(t("admin_script.alias_moved", { place, after }));
  location.reload();
}

// A notice that outlives the loading of a page.
function keepNotice(text) {
  sessionStorage.setItem("notice", text);
}

function showKeptNotice() {
  const text = sessionStorage.getItem("notice");
  sessionStorage.removeItem("notice");
  if (text) toast(text);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { sync: toSync, move: toMove, removeUpload: of } = button.dataset;
  if (toSync !== undefined) once(button, () => sync(toSync));
  else if (button.dataset.cancelJob) once(button, () => cancelJob(button.dataset.cancelJob, button.dataset.name));
  else if (toMove !== undefined) once(button, () => move(toMove, button.dataset.version));
  else if (button.dataset.replay) {
    once(button, async () => {
      const response = await send(`/admin/answers/${encodeURIComponent(button.dataset.replay)}/replay`, { method: "POST" });
      setHtml(document.querySelector("[data-replayed]"), await response.text());
    });
  } else if (button.dataset.aliasMove) once(button, () => moveAlias(button.dataset.aliasMove, button.dataset.alias, button.dataset.set));
  else if (button.dataset.aliasBack) {
    const { aliasBack, alias, set, now, then } = button.dataset;
    once(button, () => takeAliasBack(aliasBack, alias, set, now, then));
  } else if (of !== undefined) once(button, () => removeUpload(of, button.dataset.file));
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-new-set]");
  if (!form) return;
  event.preventDefault();
  const name = new FormData(form).get("document_set");
  once(form.querySelector("button"), async () => {
    await send("/v1/document-sets", { method: "POST", json: { document_set: name } });
    keepNotice(t("admin_script.created", { name }));
    location.assign(`/admin/document-sets/${encodeURIComponent(name)}#upload`);
  });
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-new-alias]");
  if (!form) return;
  event.preventDefault();
  const { prompt, alias, set } = Object.fromEntries(new FormData(form));
  once(form.querySelector("button"), () => moveAlias(prompt, alias, set));
});

// Uploads: one file to a request and one request at a time, each with its progress.

class Uploader {
  constructor(place) {
    this.name = place.dataset.drop;
    this.most = Number(place.dataset.mostBytes);
    this.list = document.querySelector("[data-uploads]");
    this.after = document.querySelector("[data-after-upload]");
    this.said = document.querySelector("[data-upload-said]");
    this.waiting = [];
    this.atWork = false;
    const input = place.querySelector("input[type=file]");
    input.addEventListener("change", () => { this.add(input.files); input.value = ""; });
    for (const name of ["dragenter", "dragover"]) {
      place.addEventListener(name, (event) => { event.preventDefault(); place.classList.add("over"); });
    }
    for (const name of ["dragleave", "drop"]) place.addEventListener(name, () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => { event.preventDefault(); this.dropped(event.dataTransfer); });
    // A file that misses the place must not replace the page.
    for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
    addEventListener("beforeunload", (event) => { if (this.atWork) event.preventDefault(); });
  }

  dropped(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
    if (entries.some((entry) => entry?.isDirectory)) toast(t("admin_script.folder"), { kind: "danger" });
    this.add([...transfer.files].filter((_, at) => !entries[at]?.isDirectory));
  }

  add(files) {
    for (const file of files) {
      const bar = make("progress", { max: 1, value: 0, "aria-label": file.name });
      const said = make("span", { class: "small muted" }, t("admin_script.waits"));
      const row = make("li", {}, make("span", { class: "file-name" }, file.name), bar, said);
      this.list.append(row);
      if (file.size > this.most) this.failed({ row, bar, said }, t("admin_script.too_large", { name: file.name, bytes: this.most / 1e6 }));
      else this.waiting.push({ file, row, bar, said });
    }
    this.work();
  }

  async work() {
    if (this.atWork) return;
    this.atWork = true;
    let sent = 0, lost = 0;
    for (let item = this.waiting.shift(); item; item = this.waiting.shift()) {
      try {
        await this.upload(item);
        item.row.classList.add("done");
        item.said.replaceChildren(icon("check"), t("admin_script.uploaded"));
        item.bar.remove();
        this.after.hidden = false;
        sent += 1;
      } catch (error) {
        this.failed(item, error.message);
        lost += 1;
      }
    }
    this.atWork = false;
    // Announced once, not with each percent.
    this.said.textContent = [sent && plural("admin_script.uploads_done", sent), lost && plural("admin_script.uploads_failed", lost)].filter(Boolean).join(" ");
  }

  failed({ row, bar, said }, text) {
    row.classList.add("failed");
    bar.remove();
    said.replaceChildren(icon("alert"), text);
  }

  async upload({ file, bar, said }) {
    for (let tries = 1; ; tries += 1) {
      const { status, detail, wait } = await this.sendFile(file, bar, said);
      if (status >= 200 && status < 300) return;
      if ((status !== 429 && status !== 503) || tries === MOST_TRIES) throw new RequestFailed(status, detail);
      said.textContent = t("admin_script.busy");
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** XMLHttpRequest, since fetch does not tell how much has been sent. */
  sendFile(file, bar, said) {
    const body = new FormData();
    body.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", `${setAddress(this.name)}/documents`);
    request.setRequestHeader("X-CSRF-Token", document.querySelector('meta[name="csrf-token"]').content);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = event.loaded / event.total;
      said.textContent = t("admin_script.uploading", { percent: Math.floor((100 * event.loaded) / event.total) });
    });
    return new Promise((resolve, reject) => {
      request.addEventListener("load", () => {
        let detail = `${request.status} ${request.statusText}`;
        try {
          detail = JSON.parse(request.responseText).detail ?? detail;
        } catch { /* not a problem detail */ }
        const after = Number(request.getResponseHeader("Retry-After"));
        resolve({ status: request.status, detail, wait: after ? after * 1000 : WAIT_WHEN_BUSY_MS });
      });
      request.addEventListener("error", () => reject(new RequestFailed(0, t("shared.offline"))));
      request.send(body);
    });
  }
}

// A job that is at work: its events, as long as the tab is seen.

class JobFollower {
  constructor(place) {
    this.place = place;
    this.address = encodeURIComponent(place.dataset.job);
    this.ended = false;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.begin()));
    addEventListener("pagehide", () => this.stop());
    this.begin();
  }

  begin() {
    if (this.ended || this.source || document.hidden) return;
    this.source = new EventSource(`/v1/jobs/${this.address}/events`);
    this.source.addEventListener("progress", (event) => this.show(JSON.parse(event.data)));
    this.source.addEventListener("end", () => {
      this.stop();
      this.lookAgain();
    });
    // A browser does not reconnect to a stream that was refused.
    this.source.addEventListener("error", () => {
      if (this.source?.readyState !== EventSource.CLOSED) return;
      this.stop();
      this.later = setTimeout(() => this.lookAgain(), LOOK_AGAIN_MS);
    });
  }

  stop() {
    clearTimeout(this.later);
    this.source?.close();
    this.source = undefined;
  }

  show({ state, progress, cancel_asked: asked }) {
    // What was cancelled, or cannot be any more, is another piece of the page.
    const button = this.place.querySelector("[data-cancel-job]");
    if (button && (asked || progress.stage === "publishing") && !this.isRefreshing) {
      this.isRefreshing = true;
      this.refresh().catch(report).finally(() => { this.isRefreshing = false; });
    }
    if (state !== this.state) {
      this.state = state;
      const badge = this.place.querySelector(".badge");
      badge.classList.toggle("accent", state === "running");
      badge.textContent = t(`admin_job.state.${state}`);
    }
    const say = (name, text) => {
      const element = this.place.querySelector(`[data-${name}]`);
      if (element && element.textContent !== text) element.textContent = text;
    };
    const of = (value) => value.toLocaleString("en");
    say("stage", t(`admin_job.stage.${progress.stage}`));
    say("files", `${of(progress.files_read)} / ${of(progress.files)}`);
    for (const name of ["documents", "chunks", "reused"]) say(name, of(progress[name]));
    const bar = this.place.querySelector("progress");
    if (bar && progress.files) {
      bar.max = progress.files;
      bar.value = progress.files_read;
    }
  }

  /** Show how the job is. */
  async refresh() {
    const response = await send(`/admin/jobs/${this.address}/state`);
    refreshHtml(this.place, await response.text());
  }

  /** Show how the job is; follow it again where it goes on. */
  async lookAgain() {
    try {
      await this.refresh();
    } catch (error) {
      this.later = lookLater(error, () => this.lookAgain());
      return;
    }
    isAway = false;
    this.state = undefined;
    if (this.place.querySelector("progress")) this.begin();
    else this.ended = true;
  }
}

let isAway = false;

/** After something could not be looked at: say so once, and try again where that may pass. */
function lookLater(error, again) {
  if (!isAway) report(error);
  isAway = true;
  const mayPass = error.status === 0 || error.status === 429 || error.status >= 500;
  return mayPass ? setTimeout(again, LOOK_AGAIN_MS) : undefined;
}

/** A list that is looked at again while something in it goes on, and the tab is seen. */
function keepFresh(place) {
  const look = async () => {
    if (!place.querySelector("[data-at-work]")) return;
    try {
      if (!document.hidden) refreshHtml(place, await (await send(place.dataset.again)).text());
    } catch (error) {
      lookLater(error, look);
      return;
    }
    isAway = false;
    setTimeout(look, LOOK_AGAIN_MS);
  };
  setTimeout(look, LOOK_AGAIN_MS);
}

showKeptNotice();
// On a phone the navigation is a strip that scrolls.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
for (const place of document.querySelectorAll("[data-drop]")) new Uploader(place);
for (const place of document.querySelectorAll("[data-follow]")) new JobFollower(place);
for (const place of document.querySelectorAll("[data-again]")) keepFresh(place);
