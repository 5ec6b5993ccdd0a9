// Single acts on a page, fetched when one is done: a file, a switch that is saved at once, a question before an act.
import { call, toast, words } from "./host.js";

export async function click(button, after) {
  if (button.dataset.export) return download(button.dataset.export, after);
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

// Taken back where it could not be saved.
export async function keep(box, after) {
  const answer = await call(box.dataset.leave, { method: "POST", body: { left_out: box.checked } }).catch(() => 0);
  if (answer.status === 401) return after.ended();
  if (!answer.ok) box.checked = !box.checked;
  toast(answer.ok ? words.kept : answer ? words.failed : words.offline);
}

async function download(path, after) {
  const answer = await call(path).catch(() => 0);
  if (answer.status === 401) return after.ended();
  if (!answer.ok) return toast(words.offline);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = "offers.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
