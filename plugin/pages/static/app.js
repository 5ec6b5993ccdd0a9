// Moves between pages: fetches a fragment with the bearer token and puts it into <main>.
import { address, call, mayLeave, toast, words } from "./host.js";
import { mount, undo } from "./form.js";

const main = document.getElementById("main");
const place = () => location.pathname + location.search;
let form = null;
let here = place();
let loading;

async function load(path, { push = false, focus = true } = {}) {
  // Of two clicks the later one counts.
  loading?.abort();
  const mine = (loading = new AbortController());
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await call(path, { fragment: true, signal: mine.signal });
    if (answer.status === 401) return show("ended");
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) return show("failed");
    main.innerHTML = await answer.text();
    if (push) history.pushState(null, "", address(path));
    here = place();
    arrive(focus);
  } catch {
    if (mine.signal.aborted) return;
    if (main.hasAttribute("data-shell")) show("failed");
    else toast(words.offline);
  } finally {
    if (mine === loading) main.removeAttribute("aria-busy");
  }
}

// A version that was only looked at is not what a page comes back to.
function reload(options) {
  const looked = main.querySelector("[data-restored]");
  return load(looked ? location.pathname : place(), { push: Boolean(looked), ...options });
}

function arrive(focus) {
  main.removeAttribute("data-shell");
  const page = main.querySelector(".page");
  if (page?.dataset.title) document.title = page.dataset.title;
  for (const link of document.querySelectorAll("[data-nav]")) {
    const here = link.dataset.nav && link.dataset.nav === page?.dataset.page;
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  form = mount(main, { reload, ended: () => show("ended") });
  if (focus) (main.querySelector("h1") ?? main).focus();
}

function show(name) {
  form?.close();
  form = null;
  main.replaceChildren(document.getElementById(name).content.cloneNode(true));
  main.removeAttribute("data-shell");
  main.querySelector("h1").focus();
}

async function go(path, options) {
  if (form?.dirty() && !(await mayLeave())) return false;
  form?.close();
  form = null;
  await load(path, options);
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-nav]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    const url = new URL(link.href);
    go(url.pathname + url.search, { push: true });
  }
  const button = event.target.closest("[data-undo]");
  if (button) undo(Number(button.dataset.undo), reload);
  if (event.target.closest("[data-again]")) reload();
  const file = event.target.closest("[data-export]");
  if (file) download(file.dataset.export);
});

// A list's filters are its address.
document.addEventListener("submit", (event) => {
  const filters = event.target.closest("[data-filter]");
  if (!filters) return;
  event.preventDefault();
  const set = [...new FormData(filters)].filter(([, value]) => value);
  go(`${filters.getAttribute("action")}?${new URLSearchParams(set)}`, { push: true });
});

// A switch of its own: saved at once, taken back where it could not be saved.
document.addEventListener("change", async (event) => {
  const box = event.target;
  if (!box.dataset.leave) return;
  const answer = await call(box.dataset.leave, { method: "POST", body: { left_out: box.checked } }).catch(() => 0);
  if (answer.status === 401) return show("ended");
  if (!answer.ok) box.checked = !box.checked;
  toast(answer.ok ? words.kept : answer ? words.failed : words.offline);
});

async function download(path) {
  const answer = await call(path).catch(() => 0);
  if (answer.status === 401) return show("ended");
  if (!answer.ok) return toast(words.offline);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = "offers.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// A jump inside the page is no other page.
addEventListener("popstate", async () => {
  if (place() === here) return;
  if (!(await go(place()))) history.pushState(null, "", here);
  here = place();
});
document.addEventListener("shopify:navigate", (event) => {
  const path = event.target.getAttribute?.("href");
  if (path) go(path, { push: true });
});
addEventListener("beforeunload", (event) => {
  if (form?.dirty()) event.preventDefault();
});

history.replaceState(null, "", address(place() + location.hash));
here = place();
if (main.hasAttribute("data-shell")) reload({ focus: false });
else arrive(false);
