// The one module that knows which admin the page lies in: tokens, toasts, save bar, leaving.
const root = document.documentElement;
const KEY = "regulars-session";
const bridge = root.dataset.host === "shopify" ? window.shopify : undefined;
export const words = JSON.parse(document.getElementById("words").textContent);
export const ownBar = !bridge?.saveBar;
// What few visitors do is fetched when they do it.
export const acts = (use) => import("./acts.js").then(use, () => toast(words.offline));

// Storage is blocked in some frames: the session then lasts as long as the page.
const stored = (use) => {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
};
let session = root.dataset.session || stored((storage) => storage.getItem(KEY));
keep(session);

// Tokens leave the address at once; what stays lets a reload find its store and language again.
export function address(path) {
  const url = new URL(path, location.origin);
  for (const name of ["t", "id_token", "hmac", "session", "timestamp"]) url.searchParams.delete(name);
  if (root.dataset.place) url.searchParams.set("s", root.dataset.place);
  url.searchParams.set("locale", root.lang);
  return url.pathname + url.search + url.hash;
}

export async function call(path, { method = "GET", body, fragment, signal } = {}) {
  const headers = { "Accept-Language": root.lang };
  const token = bridge ? await bridge.idToken() : session;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (fragment) headers["X-Fragment"] = "1";
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, signal, body: body && JSON.stringify(body), credentials: "omit" });
  keep(answer.headers.get("X-Session"));
  return answer;
}

const place = document.getElementById("toast");
let told;
export function toast(text, { label, run } = {}) {
  if (bridge?.toast) return (told = bridge.toast.show(text, run ? { action: label, onAction: run, duration: 10000 } : {}));
  const box = document.createElement("div");
  box.append(text);
  if (run) {
    const button = document.createElement("button");
    button.className = "button";
    button.textContent = label;
    button.onclick = () => (place.replaceChildren(), run());
    box.append(button);
  }
  place.replaceChildren(box);
  // A message with a button waits while someone is on it.
  let timer;
  const go = () => (timer = setTimeout(() => box.remove(), run ? 10000 : 5000));
  const stay = () => clearTimeout(timer);
  box.addEventListener("pointerenter", stay);
  box.addEventListener("focusin", stay);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusout", go);
  go();
}

// What was said of one page says nothing of the next.
export const hush = () => (bridge?.toast ? told && bridge.toast.hide(told) : place.replaceChildren());

export function showBar(dirty, busy) {
  const bar = document.getElementById("savebar");
  if (!ownBar || !bar) return;
  bar.hidden = !dirty;
  const save = bar.querySelector("[type=submit]");
  save.disabled = busy;
  save.textContent = busy ? words.saving : words.save;
}

// True when the page may be left although something is unsaved.
export async function mayLeave() {
  if (ownBar) return confirm(words.leave);
  try {
    await bridge.saveBar.leaveConfirmation();
    return true;
  } catch {
    return false;
  }
}

function keep(token) {
  if (!token) return;
  session = token;
  stored((storage) => storage.setItem(KEY, token));
}
