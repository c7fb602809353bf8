// Copy an answer, and say what one thinks of it.

import { make, once, scrollWithin, send, t, toast } from "./ui.js";

/** Put an answer with its sources on the clipboard. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain HTTP there is no clipboard but this one.
    const area = make("textarea", { class: "sr" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) {
      toast(t("ask.copy_failed"), { kind: "danger" });
      return;
    }
  }
  toast(t("shared.copied"));
}

const give = (turn, json) => send(`/v1/answers/${turn.dataset.answer}/feedback`, { method: "POST", json });

/** Keep a thumb at once, and ask why. */
export async function judge(turn, control) {
  const form = turn.querySelector(".reason"), thumb = control.dataset.thumb;
  await give(turn, { thumb });
  for (const one of turn.querySelectorAll("[data-thumb]")) one.setAttribute("aria-pressed", String(one === control));
  form.querySelector(".corrected").hidden = thumb === "up";
  form.hidden = false;
  form.elements.reason.focus();
  scrollWithin(document.getElementById("thread"), form);
  const leave = () => {
    form.hidden = true;
    control.focus();
  };
  form.querySelector("[data-later]").onclick = leave;
  form.onsubmit = (event) => {
    event.preventDefault();
    const corrected = thumb === "down" ? form.elements.corrected_answer.value.trim() : "";
    once(form, async () => {
      await give(turn, { thumb, reason: form.elements.reason.value.trim() || null, corrected_answer: corrected || null });
      leave();
      toast(t("ask.thanks"));
    });
  };
}
