// A small stand-in for App Bridge: window.shopify inside the framed app, speaking to the sandbox's admin by messages.
(() => {
  "use strict";
  const script = document.currentScript;
  const admin = new URL(script.src).origin;
  const config = remember({
    apiKey: script.dataset.apiKey || document.querySelector("meta[name=shopify-api-key]")?.content || "",
    ...Object.fromEntries(["shop", "host", "locale"].map((name) => [name, new URLSearchParams(location.search).get(name)])),
  });

  let last = 0;
  const waiting = new Map();
  const actions = new Map();
  const send = (what, message) => parent.postMessage({ sandbox: "app", what, ...message }, admin);
  const ask = (what) => new Promise((resolve, reject) => {
    const id = ++last;
    waiting.set(id, { resolve, reject });
    send(what, { id });
  });

  // ---- tokens -------------------------------------------------------------------------------------------------
  const idToken = () => ask("idToken");
  const plainFetch = window.fetch.bind(window);
  window.fetch = async (resource, options) => {
    const request = new Request(resource, options);
    if (new URL(request.url).origin !== location.origin || request.headers.has("Authorization")) return plainFetch(request);
    const bearing = async () => {
      const copy = request.clone();
      copy.headers.set("Authorization", `Bearer ${await idToken()}`);
      return plainFetch(copy);
    };
    const answer = await bearing();
    return answer.status === 401 && answer.headers.has("X-Shopify-Retry-Invalid-Session-Request") ? bearing() : answer;
  };

  // ---- toasts -------------------------------------------------------------------------------------------------
  const toast = {
    show(text, { action, onAction, duration } = {}) {
      const id = ++last;
      if (onAction) actions.set(id, onAction);
      send("toast", { id, text, action, duration });
      return String(id);
    },
    hide: () => send("hideToast", {}),
  };

  // ---- save bar: by hand, or for forms that say data-save-bar ---------------------------------------------------
  let bar = null; // the form or the id of the ui-save-bar that it is shown for
  const showBar = (of, ask = false) => {
    bar = of;
    send("saveBar", { shown: of !== null, ask });
  };
  const saveBar = {
    show: async (id) => showBar(id),
    hide: async () => showBar(null),
    toggle: async (id) => showBar(bar === null ? id : null),
    leaveConfirmation: () => ask("leave"),
  };
  const written = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  const starts = new WeakMap();
  const watch = () => {
    for (const form of document.querySelectorAll("form[data-save-bar]")) if (!starts.has(form)) starts.set(form, written(form));
    if (bar instanceof Element && !bar.isConnected) showBar(null);
  };
  const changed = (event) => {
    const form = event.target.closest?.("form[data-save-bar]") ?? event.target.form;
    if (!form || !starts.has(form)) return;
    setTimeout(() => {
      const dirty = form.isConnected && written(form) !== starts.get(form);
      if (dirty !== (bar === form)) showBar(dirty ? form : null, form.hasAttribute("data-discard-confirmation"));
    });
  };
  for (const name of ["input", "change", "click", "reset"]) document.addEventListener(name, changed);

  const press = (save) => {
    if (bar instanceof HTMLFormElement) return save ? bar.requestSubmit() : bar.reset();
    const buttons = [...(document.getElementById(bar)?.querySelectorAll("button") ?? [])];
    buttons.find((button) => (button.getAttribute("variant") === "primary") === save)?.click();
  };

  // ---- links ----------------------------------------------------------------------------------------------------
  const navigation = () => [...document.querySelectorAll("s-app-nav a, s-app-nav s-link, ui-nav-menu a")];
  const showLinks = () => send("links", {
    here: location.pathname,
    links: navigation().map((link) => ({ label: link.textContent.trim(), href: link.getAttribute("href") })),
  });
  for (const name of ["pushState", "replaceState"]) {
    const plain = history[name].bind(history);
    history[name] = (...given) => {
      plain(...given);
      showLinks();
    };
  }
  addEventListener("popstate", showLinks);

  // ---- what the admin tells -------------------------------------------------------------------------------------
  addEventListener("message", (event) => {
    const { sandbox, id, value, error, event: happened, href } = event.data ?? {};
    if (event.source !== parent || event.origin !== admin || sandbox !== "host") return;
    if (waiting.has(id)) {
      const { resolve, reject } = waiting.get(id);
      waiting.delete(id);
      error ? reject(new Error(error)) : resolve(value);
    } else if (happened === "action") {
      actions.get(id)?.();
    } else if (happened === "navigate") {
      navigation().find((link) => link.getAttribute("href") === href)?.dispatchEvent(new CustomEvent("shopify:navigate", { bubbles: true }));
    } else if (happened === "save" || happened === "discard") {
      press(happened === "save");
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    watch();
    showLinks();
    new MutationObserver(watch).observe(document.body, { childList: true, subtree: true });
  });

  window.shopify = { config, idToken, toast, saveBar };

  // A reload inside the frame comes without the admin's parameters.
  function remember(found) {
    try {
      const before = JSON.parse(sessionStorage.getItem("app-bridge-config") ?? "{}");
      for (const name of Object.keys(found)) found[name] ??= before[name];
      sessionStorage.setItem("app-bridge-config", JSON.stringify(found));
    } catch {
      // Storage can be blocked in a frame.
    }
    return found;
  }
})();
