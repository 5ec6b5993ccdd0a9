// A form whose fields have dotted names: collects them, asks the server what it thinks, saves, shows its answers.
import { acts, call, ownBar, showBar, toast, words } from "./host.js";

const CHECK_AFTER_MS = 50;
const PREVIEW_AFTER_MS = 300;

export function mount(main, { reload, ended }) {
  const form = main.querySelector("form[data-program]");
  showBar(false);
  if (!form) return null;
  if (ownBar) form.removeAttribute("data-save-bar");
  const touched = new Set();
  const view = main.querySelector("[data-preview]");
  const stale = main.querySelector("[data-stale]");
  const start = JSON.stringify(collect(form));
  const state = { base: Number(form.dataset.base), closed: false, busy: false };
  const apart = form.querySelector("[data-apart]");
  const dirty = () => !state.closed && (Boolean(apart) || JSON.stringify(collect(form)) !== start);
  const refresh = () => showBar(dirty(), state.busy);
  let timer, asking;

  const later = (after) => (clearTimeout(timer), (timer = setTimeout(check, after)));
  const on = (what, act) => form.addEventListener(what, act);
  on("input", () => (refresh(), later(PREVIEW_AFTER_MS)));
  on("change", refresh);
  on("focusout", ({ target }) => {
    if (!target.name) return;
    touched.add(target.name);
    if (dirty()) later(CHECK_AFTER_MS);
  });
  on("reset", (event) => (event.preventDefault(), leave(false)));
  on("submit", (event) => (event.preventDefault(), save()));
  on("click", ({ target }) => {
    const button = target.closest("[data-add],[data-remove]");
    if (button) acts((one) => (one.row(button), refresh(), check()));
  });

  async function check() {
    if (state.closed || state.busy) return;
    asking?.abort();
    const mine = (asking = new AbortController());
    view.ariaBusy = true;
    try {
      const answer = await call("/api/v1/program/preview", { method: "POST", body: { program: collect(form) }, signal: mine.signal });
      if (!answer.ok) return;
      const { errors, warnings, hints, line, html } = await answer.json();
      if (mine !== asking || state.busy) return;
      const seen = Object.entries(errors).filter(([name]) => touched.has(name));
      paint(form, Object.fromEntries(seen), warnings, hints);
      stale.hidden = Boolean(html);
      if (!html) return;
      view.innerHTML = html;
      for (const place of main.querySelectorAll("[data-line]")) place.textContent = line;
    } catch {
      // The next field asks again; saving says when the server cannot be reached.
    } finally {
      if (mine === asking) view.ariaBusy = null;
    }
  }

  async function save(base = state.base, sure = {}) {
    if (state.busy) return;
    clearTimeout(timer);
    asking?.abort();
    state.busy = true;
    refresh();
    try {
      const body = { base_version: base, program: collect(form), confirmed: false, ...sure };
      const answer = await call("/api/v1/program", { method: "PUT", body }).finally(() => ((state.busy = false), refresh()));
      await settle(answer, base);
    } catch {
      toast(words.offline);
    }
  }

  async function settle(answer, base) {
    const { status } = answer;
    if (status === 401) return ended();
    const told = await answer.json();
    if (answer.ok) {
      await leave(true);
      return toast(words.saved, { label: words.undo, run: () => acts((one) => one.undo(told.version, { ended, reload })) });
    }
    if (status === 422) {
      paint(form, told.errors, told.warnings);
      stale.hidden = false;
      return form.querySelector("[aria-invalid=true]")?.focus();
    }
    if (status === 428) return acts((one) => one.question(main, told, (sure) => save(base, sure)));
    if (status === 409) return acts((one) => one.conflict(main, told, { mine: () => save(told.version), theirs: () => leave(true) }));
    toast(words.failed);
  }

  // Loading the page again is the one way to come back to what is saved.
  function leave(focus) {
    close();
    return reload({ focus });
  }

  function close() {
    state.closed = true;
    clearTimeout(timer);
    asking?.abort();
    showBar(false);
  }

  // The store's own save bar looks at values that change after it has seen the form, which is in a moment.
  if (apart)
    setTimeout(() => {
      apart.value = "1";
      apart.dispatchEvent(new Event("change", { bubbles: true }));
    }, 100);
  check();
  return { dirty, close };
}

function collect(form) {
  const whole = {};
  for (const control of form.elements) {
    if (!control.name || "apart" in control.dataset || (control.type === "radio" && !control.checked)) continue;
    const path = control.name.split(".");
    let at = whole;
    path.forEach((part, i) => {
      if (i === path.length - 1) at[part] = control.type === "checkbox" ? control.checked : typed(control);
      else at = at[part] ??= /^\d+$/.test(path[i + 1]) ? [] : {};
    });
  }
  return whole;
}

// A field may be written in other units than the program keeps, as 2.5 times for 25 tenths.
function typed(control) {
  const text = control.value.trim();
  const scale = Number(control.dataset.scale ?? 1);
  return scale === 1 || text === "" || isNaN(text) ? text : String(+(Number(text) * scale).toFixed(6));
}

// What is said about a field stands below it, and the field names it as its description; what is folded away opens.
function paint(form, errors, warnings, hints) {
  const rest = [];
  for (const old of form.querySelectorAll(".said")) old.remove();
  for (const [kind, texts] of Object.entries({ hint: hints, warning: warnings, error: errors }))
    for (const name in texts) {
      const textContent = texts[name].map((each) => each.text).join(" ");
      let at = form.querySelector(`[name="${name}"],[data-list="${name}"]`)?.closest(".field,.switch,.choices,[data-list]");
      at?.append(Object.assign(document.createElement("p"), { className: `${kind} said`, id: `${kind}-${name}`, textContent }));
      if (kind !== "error") continue;
      if (!at) rest.push(textContent);
      while ((at = at?.parentElement.closest("details"))) at.open = true;
    }
  for (const control of form.elements) {
    control.ariaInvalid = control.name in errors;
    const ids = ["help", "hint", "warning", "error"].map((kind) => `${kind}-${control.name}`).filter((id) => document.getElementById(id));
    if (control.type !== "radio") control.setAttribute("aria-describedby", ids.join(" "));
  }
  const other = form.querySelector("[data-other]");
  other.textContent = rest.join(" ");
  other.hidden = !rest.length;
}
