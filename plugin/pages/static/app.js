// Moves between pages: fetches a fragment with the bearer token and puts it into <main>.
import { address, call, mayLeave, toast, words } from "./host.js";
import { mount, undo } from "./form.js";

const main = document.getElementById("main");
let form = null;

export async function load(path, { push = false, focus = true } = {}) {
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await call(path, { fragment: true });
    const expected = answer.headers.get("Content-Type")?.startsWith("text/html");
    if (answer.status === 401 || !expected) return show(answer.status === 401 ? "ended" : "failed");
    main.innerHTML = await answer.text();
    if (push) history.pushState(null, "", address(path));
    arrive(focus);
  } catch {
    if (main.hasAttribute("data-shell")) show("failed");
    else toast(words.offline);
  } finally {
    main.removeAttribute("aria-busy");
  }
}

function arrive(focus) {
  main.removeAttribute("data-shell");
  const page = main.querySelector(".page");
  if (page?.dataset.title) document.title = page.dataset.title;
  for (const link of document.querySelectorAll("[data-nav]")) {
    const here = link.dataset.nav && link.dataset.nav === page?.dataset.page;
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  form = mount(main, { load, ended: () => show("ended") });
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
  if (button) undo(Number(button.dataset.undo), load);
  if (event.target.closest("[data-again]")) load(location.pathname + location.search);
});

let here = location.href;
addEventListener("popstate", async () => {
  const target = location.pathname + location.search;
  if (!(await go(target))) history.pushState(null, "", here);
  here = location.href;
});
document.addEventListener("shopify:navigate", (event) => {
  const path = event.target.getAttribute?.("href");
  if (path) go(path, { push: true });
});
addEventListener("beforeunload", (event) => {
  if (form?.dirty()) event.preventDefault();
});

history.replaceState(null, "", address(location.pathname + location.search + location.hash));
here = location.href;
if (main.hasAttribute("data-shell")) load(location.pathname + location.search, { focus: false });
else arrive(false);
