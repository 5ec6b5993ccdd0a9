// A form whose fields have dotted names: collects them, asks the server what it thinks, saves, shows its answers.
import { call, ownBar, showBar, toast, words } from "./host.js";

const CHECK_AFTER_MS = 50;
const PREVIEW_AFTER_MS = 300;

export function mount(main, { reload, ended }) {
  const form = main.querySelector("form[data-program]");
  showBar(false);
  if (!form) return null;
  if (ownBar) form.removeAttribute("data-save-bar");
  const touched = new Set();
  const view = main.querySelector("[data-preview]");
  const start = JSON.stringify(collect(form));
  const state = { base: Number(form.dataset.base), closed: false, busy: false };
  const apart = form.querySelector("[data-apart]");
  const dirty = () => !state.closed && (Boolean(apart) || JSON.stringify(collect(form)) !== start);
  const refresh = () => showBar(dirty(), state.busy);
  let timer, asking;

  const later = (after) => (clearTimeout(timer), (timer = setTimeout(check, after)));
  form.addEventListener("input", () => (refresh(), later(PREVIEW_AFTER_MS)));
  form.addEventListener("change", refresh);
  form.addEventListener("focusout", (event) => {
    if (!event.target.name) return;
    touched.add(event.target.name);
    if (dirty()) later(CHECK_AFTER_MS);
  });
  form.addEventListener("reset", (event) => (event.preventDefault(), leave(false)));
  form.addEventListener("submit", (event) => (event.preventDefault(), save()));
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add],[data-remove]");
    if (!button) return;
    button.hasAttribute("data-add") ? addRow(button) : removeRow(button);
    refresh();
    check();
  });

  async function check() {
    if (state.closed || state.busy) return;
    asking?.abort();
    const mine = (asking = new AbortController());
    view.setAttribute("aria-busy", "true");
    try {
      const answer = await call("/api/v1/program/preview", { method: "POST", body: { program: collect(form) }, signal: mine.signal });
      if (!answer.ok) return;
      const { errors, warnings, line, html } = await answer.json();
      if (mine !== asking || state.busy) return;
      const seen = Object.entries(errors).filter(([name]) => touched.has(name));
      paint(form, Object.fromEntries(seen), warnings);
      main.querySelector("[data-stale]").hidden = Boolean(html);
      if (!html) return;
      view.innerHTML = html;
      for (const place of main.querySelectorAll("[data-line]")) place.textContent = line;
    } catch {
      // The next field asks again; saving says when the server cannot be reached.
    } finally {
      if (mine === asking) view.removeAttribute("aria-busy");
    }
  }

  async function save(base = state.base) {
    if (state.busy) return;
    clearTimeout(timer);
    asking?.abort();
    state.busy = true;
    refresh();
    try {
      const answer = await call("/api/v1/program", { method: "PUT", body: { base_version: base, program: collect(form) } });
      state.busy = false;
      refresh();
      await settle(answer);
    } catch {
      state.busy = false;
      refresh();
      toast(words.offline);
    }
  }

  async function settle(answer) {
    if (answer.status === 401) return ended();
    if (answer.ok) {
      const { version } = await answer.json();
      await leave(true);
      return toast(words.saved, { label: words.undo, run: () => undo(version, reload) });
    }
    if (answer.status === 422) {
      const { errors, warnings } = await answer.json();
      paint(form, errors, warnings);
      return form.querySelector("[aria-invalid=true]")?.focus();
    }
    if (answer.status === 409) return conflict(await answer.json());
    toast(words.failed);
  }

  function conflict(answer) {
    const place = main.querySelector("#conflict");
    place.innerHTML = answer.html;
    place.querySelector("[data-over]").onclick = () => (place.replaceChildren(), save(answer.version));
    place.querySelector("[data-theirs]").onclick = () => leave(true);
    place.firstElementChild.focus();
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

  // The store's own save bar looks at values that changed; the page is in place by then.
  if (apart) {
    apart.value = "1";
    apart.dispatchEvent(new Event("change", { bubbles: true }));
  }
  check();
  return { dirty, close };
}

export async function undo(version, reload, codes = false) {
  try {
    const answer = await call("/api/v1/program/undo", { method: "POST", body: { base_version: version, cancel_codes: codes } });
    toast(answer.ok ? words.undone : answer.status === 409 ? words.overtaken : words.failed);
    await reload();
  } catch {
    toast(words.offline);
  }
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

function paint(form, errors, warnings) {
  const rest = new Set(Object.keys(errors));
  for (const [kind, texts] of [["error", errors], ["warning", warnings]])
    for (const place of form.querySelectorAll(`.${kind}[data-for]`)) {
      const name = place.dataset.for;
      const text = texts[name];
      rest.delete(name);
      place.textContent = sentences(text);
      place.hidden = !text;
      if (kind === "error") form.elements[name]?.setAttribute?.("aria-invalid", Boolean(text));
    }
  const other = form.querySelector("[data-other]");
  other.textContent = [...rest].map((name) => sentences(errors[name])).join(" ");
  other.hidden = !rest.size;
}

function sentences(found = []) {
  return found.map((each) => each.text).join(" ");
}

function addRow(button) {
  const list = button.closest("[data-list]");
  const rows = list.querySelector("[data-rows]");
  rows.append(list.querySelector("template").content.cloneNode(true));
  number(rows);
  rows.lastElementChild.querySelector("input, select").focus();
}

function removeRow(button) {
  const rows = button.closest("[data-rows]");
  button.closest(".row-of").remove();
  number(rows);
  rows.parentElement.querySelector("[data-add]").focus();
}

// Names and ids carry the position of their row.
function number(rows) {
  [...rows.children].forEach((row, i) => {
    for (const part of [row, ...row.querySelectorAll("*")])
      for (const name of ["name", "id", "for", "aria-describedby", "data-for"])
        if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replaceAll(/s\.(\d+|row)\./g, `s.${i}.`));
    const place = row.querySelector("[data-place]");
    if (place) place.textContent = i + 1;
  });
  rows.parentElement.querySelector("[data-add]").hidden = rows.children.length >= Number(rows.dataset.most);
}
