// Single acts on a page, fetched when one is done: a file, a switch that is saved at once, a question, an undo, a row.
import { call, toast, words } from "./host.js";

export async function click(button, after) {
  if (button.dataset.undo) return (await after.mayLeave()) && undo(Number(button.dataset.undo), after, "codes" in button.dataset);
  if (button.dataset.export) return download(button.dataset.export, after);
  if (button.dataset.grant) return grant(button.dataset.grant, after);
  if (button.dataset.ask) return document.getElementById(button.dataset.ask).showModal();
  const asked = button.closest("dialog");
  button.disabled = true;
  const answer = await call(button.dataset.do, { method: "POST", body: {} }).catch(() => 0);
  button.disabled = false;
  asked?.close();
  if (answer.status === 401) return after.ended();
  const told = answer ? await answer.json().catch(() => ({})) : {};
  toast(answer.ok ? button.dataset.done : answer ? (told.error?.text ?? words.failed) : words.offline);
  if (answer) await after.reload({ focus: true });
}

// The store asks the merchant; what was granted is known once the page is opened again.
async function grant(scope, after) {
  const answer = await window.shopify?.scopes?.request([scope]).catch(() => 0);
  if (answer?.result === "granted-all") await after.reload({ focus: true });
  else toast(words.failed);
}

// Taken back where it could not be saved.
export async function keep(box, after) {
  const answer = await call(box.dataset.leave, { method: "POST", body: { [box.name || "left_out"]: box.checked } }).catch(() => 0);
  if (answer.status === 401) return after.ended();
  if (!answer.ok) box.checked = !box.checked;
  toast(answer.ok ? words.kept : answer ? words.failed : words.offline);
}

async function download(path, after) {
  const answer = await call(path, path.endsWith(".json") ? { method: "POST", body: {} } : {}).catch(() => 0);
  if (answer.status === 401) return after.ended();
  if (!answer.ok) return toast(words.offline);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = path.split("?")[0].split("/").pop();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function undo(version, { ended, reload }, codes = false) {
  const answer = await call("/api/v1/program/undo", { method: "POST", body: { base_version: version, cancel_codes: codes } }).catch(() => 0);
  if (answer.status === 401) return ended();
  toast(answer.ok ? words.undone : answer.status === 409 ? words.overtaken : answer ? words.failed : words.offline);
  if (answer) await reload();
}

// Whose changes are to count is asked before anything is lost.
export function conflict(main, { html }, { mine, theirs }) {
  const place = main.querySelector("#conflict");
  place.innerHTML = html;
  place.querySelector("[data-over]").onclick = () => (place.replaceChildren(), mine());
  place.querySelector("[data-theirs]").onclick = theirs;
  place.firstElementChild.focus();
}

// What a change means beyond the form is asked before it is saved.
export function question(main, { html }, save) {
  const place = main.querySelector("#conflict");
  place.innerHTML = html;
  const box = place.firstElementChild;
  box.onclose = () => place.replaceChildren();
  box.onclick = ({ target }) => {
    if (!("go" in target.dataset)) return;
    box.close();
    save({ confirmed: true, cancel_codes: "codes" in target.dataset });
  };
  box.showModal();
}

export function row(button) {
  button.hasAttribute("data-add") ? addRow(button) : removeRow(button);
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

// Names carry the position of their row.
function number(rows) {
  [...rows.children].forEach((row, i) => {
    for (const part of row.querySelectorAll("[name]")) part.name = part.name.replace(/s\.(\d+|row)\./, `s.${i}.`);
    const place = row.querySelector("[data-place]");
    if (place) place.textContent = i + 1;
  });
  rows.parentElement.querySelector("[data-add]").hidden = rows.children.length >= Number(rows.dataset.most);
}
