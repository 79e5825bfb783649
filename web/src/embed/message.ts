import { el, icon, type IconName } from "./dom";
import { texts, type MessageKind } from "./texts";

const icons: Record<MessageKind, IconName> = {
  encoding: "film",
  nothing: "film",
  denied: "lock",
  missing: "film",
  unreachable: "alert",
  broken: "alert",
  unsupported: "alert",
};

/** Replaces the player by a sentence; with `retry` also by a button. */
export function showMessage(root: HTMLElement, kind: MessageKind, retry?: () => void): void {
  const { title, body } = texts.messages[kind];
  const alarming = icons[kind] === "alert";
  const words = el(
    "div",
    { role: alarming ? "alert" : "status" },
    el("h1", { class: "message-title" }, title),
    el("p", { class: "message-body" }, body),
  );
  const message = el("div", { class: "message", "data-kind": kind }, icon(icons[kind]), words);
  if (retry) {
    const button = el("button", { type: "button", class: "retry" }, texts.retry);
    button.addEventListener("click", retry);
    message.append(button);
  }
  delete root.dataset.idle;
  root.replaceChildren(message);
}

/** The same with live progress; called again, it only moves the bar. */
export function showEncoding(root: HTMLElement, percent: number): void {
  if (!root.querySelector("[data-kind=encoding]")) {
    showMessage(root, "encoding");
    const bar = el("progress", { class: "progress", max: 100, "aria-label": texts.messages.encoding.title });
    root.querySelector(".message")?.append(el("div", { class: "progress-row" }, bar, el("span", { class: "percent" })));
  }
  const whole = Math.floor(percent);
  const bar = root.querySelector("progress");
  const label = root.querySelector(".percent");
  if (bar) bar.value = whole;
  if (label) label.textContent = `${whole} %`;
}

export function showLoading(root: HTMLElement): void {
  root.replaceChildren(el("div", { class: "spinner", role: "status", "aria-label": texts.loading }));
}
