import { el, icon, iconButton } from "./dom";
import { texts } from "./texts";

export interface Choice {
  label: string;
  checked: boolean;
  choose: () => void;
}

export interface Group {
  title: string;
  choices: Choice[];
}

interface Menu {
  element: HTMLElement;
  isOpen(): boolean;
  /** Draw again if it is open: a choice may have changed by itself. */
  refresh(): void;
}

/** The settings button with its menu: groups of choices of which one holds. */
export function createMenu(groups: () => Group[]): Menu {
  const button = iconButton("settings", texts.settings);
  const panel = el("div", { class: "menu", role: "menu", "aria-label": texts.settings, hidden: true });
  const element = el("div", { class: "menu-anchor" }, button, panel);
  button.ariaHasPopup = "menu";
  button.ariaExpanded = "false";

  const items = (): HTMLElement[] => [...panel.querySelectorAll<HTMLElement>("[role=menuitemradio]")];
  const draw = (): void => {
    const focused = items().indexOf(document.activeElement as HTMLElement);
    panel.replaceChildren(
      ...groups()
        .filter(({ choices }) => choices.length > 0)
        .map(({ title, choices }) =>
          el(
            "div",
            { class: "menu-group", role: "group", "aria-label": title },
            el("div", { class: "menu-title", "aria-hidden": "true" }, title),
            ...choices.map((choice) => item(choice, draw)),
          ),
        ),
    );
    items()[focused]?.focus();
  };
  const toggle = (open: boolean): void => {
    if (open === !panel.hidden) return;
    panel.hidden = !open;
    button.ariaExpanded = String(open);
    if (open) {
      draw();
      (items().find(({ ariaChecked }) => ariaChecked === "true") ?? items()[0])?.focus();
    } else if (panel.contains(document.activeElement)) {
      button.focus();
    }
  };

  button.addEventListener("click", () => toggle(panel.hidden === true));
  panel.addEventListener("keydown", (event) => {
    const all = items();
    const here = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") toggle(false);
    else if (event.key === "Tab") return toggle(false);
    else if (next !== undefined) all.at(next % all.length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!panel.hidden && !element.contains(event.target as Node)) toggle(false);
  });
  return {
    element,
    isOpen: () => !panel.hidden,
    refresh: () => {
      if (!panel.hidden) draw();
    },
  };
}

function item({ label, checked, choose }: Choice, draw: () => void): HTMLElement {
  const node = el(
    "button",
    { type: "button", class: "menu-item", role: "menuitemradio", "aria-checked": String(checked), tabindex: -1 },
    icon("check"),
    el("span", {}, label),
  );
  node.addEventListener("click", () => {
    choose();
    draw();
  });
  return node;
}
