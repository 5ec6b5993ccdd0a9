// Moves between pages: fetches a fragment with the bearer token and puts it into <main>.
import { acts, address, call, hush, mayLeave, toast, words } from "./host.js";
import { mount } from "./form.js";

const main = document.getElementById("main");
const place = () => location.pathname + location.search;
let form = null;
let here = place();
let loading;

async function load(path, { push = false, focus = true, stay } = {}) {
  // Of two clicks the later one counts.
  loading?.abort();
  const mine = (loading = new AbortController());
  main.ariaBusy = true;
  try {
    const answer = await call(path, { fragment: true, signal: mine.signal });
    if (answer.status === 401) return show("ended");
    if (!answer.headers.get("Content-Type")?.startsWith("text/html")) return show("failed");
    main.innerHTML = await answer.text();
    if (push) history.pushState(null, "", address(path));
    here = place();
    arrive(focus, stay);
  } catch {
    if (mine.signal.aborted) return;
    if (main.hasAttribute("data-shell")) show("failed");
    else toast(words.offline);
  } finally {
    if (mine === loading) main.ariaBusy = null;
  }
}

// A version that was only looked at is not what a page comes back to.
function reload(options) {
  const looked = main.querySelector("[data-restored]");
  return load(looked ? location.pathname : place(), { push: Boolean(looked), ...options });
}

// What changes only a part of the page leaves the reader where they were.
function arrive(focus, stay) {
  main.removeAttribute("data-shell");
  const page = main.querySelector(".page");
  if (page?.dataset.title) document.title = page.dataset.title;
  for (const link of document.querySelectorAll("[data-nav]:not([data-nav=''])")) {
    link.ariaCurrent = link.dataset.nav === page?.dataset.page ? "page" : null;
  }
  form = mount(main, { reload, ended: () => show("ended") });
  const back = stay && document.getElementById(stay);
  if (back) back.focus({ preventScroll: true });
  else if (focus) (main.querySelector("h1") ?? main).focus();
}

function show(name) {
  form?.close();
  form = null;
  main.replaceChildren(document.getElementById(name).content.cloneNode(true));
  main.removeAttribute("data-shell");
  main.querySelector("h1").focus();
}

async function go(path, options) {
  if (!(await after.mayLeave())) return false;
  form?.close();
  form = null;
  hush();
  await load(path, options);
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-nav]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    const url = new URL(link.href);
    go(url.pathname + url.search, { push: true, stay: "stay" in link.dataset && link.id });
  }
  if (event.target.closest("[data-again]")) reload();
  const act = event.target.closest("[data-undo],[data-export],[data-ask],[data-do],[data-grant]");
  if (act) acts((one) => one.click(act, after));
});

// A list's filters are its address.
document.addEventListener("submit", (event) => {
  const filters = event.target.closest("[data-filter]");
  if (!filters) return;
  event.preventDefault();
  const set = [...new FormData(filters)].filter(([, value]) => value);
  go(`${filters.getAttribute("action")}?${new URLSearchParams(set)}`, { push: true });
});

const after = { reload, ended: () => show("ended"), mayLeave: async () => !form?.dirty() || mayLeave() };
document.addEventListener("change", (event) => {
  if (event.target.dataset.leave) acts((one) => one.keep(event.target, after));
});

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
