// The admin's side of the bridge: answers the framed app, and nobody else.
(() => {
  "use strict";
  const app = document.body.dataset.app;
  const frame = document.getElementById("app");
  const save = document.getElementById("save");
  const toasts = document.getElementById("toast");

  const tell = (message) => frame.contentWindow.postMessage({ sandbox: "host", ...message }, app);

  const answers = {
    async idToken({ id }) {
      const answer = await fetch("/admin/id_token", { cache: "no-store" });
      tell(answer.ok ? { id, value: await answer.text() } : { id, error: "The store gives no token." });
    },
    links({ links, here }) {
      const list = document.getElementById("links");
      list.replaceChildren(...links.map(({ label, href }) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = `?${new URLSearchParams({ page: href, locale: document.documentElement.lang })}`;
        link.textContent = label;
        if (href === here) link.setAttribute("aria-current", "page");
        link.addEventListener("click", (event) => {
          event.preventDefault();
          tell({ event: "navigate", href });
        });
        item.append(link);
        return item;
      }));
    },
    saveBar({ shown, ask }) {
      save.hidden = !shown;
      save.dataset.ask = ask ? "yes" : "";
    },
    leave({ id }) {
      const may = save.hidden || confirm("Leave without saving?");
      if (may) save.hidden = true;
      tell(may ? { id, value: true } : { id, error: "The merchant stays." });
    },
    toast({ id, text, action, duration }) {
      const box = document.createElement("div");
      box.append(text);
      if (action) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = action;
        button.addEventListener("click", () => (box.remove(), tell({ id, event: "action" })));
        box.append(button);
      }
      toasts.replaceChildren(box);
      setTimeout(() => box.remove(), duration || 5000);
    },
    hideToast() {
      toasts.replaceChildren();
    },
  };

  addEventListener("message", (event) => {
    const { sandbox, what, ...rest } = event.data ?? {};
    if (event.source === frame.contentWindow && event.origin === app && sandbox === "app" && Object.hasOwn(answers, what)) answers[what](rest);
  });

  save.addEventListener("click", (event) => {
    const wish = event.target.closest("[data-tell]")?.dataset.tell;
    if (!wish || (wish === "discard" && save.dataset.ask && !confirm("Discard all unsaved changes?"))) return;
    tell({ event: wish });
  });
})();
