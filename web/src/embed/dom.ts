type Attributes = Record<string, string | number | boolean>;

/** An element with its attributes and children. `true` sets a bare attribute, `false` leaves it out. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a 24 x 24 grid. */
const paths = {
  play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.7-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2Z",
  pause: "M7 4.5h3a.5.5 0 0 1 .5.5v14a.5.5 0 0 1-.5.5H7a.5.5 0 0 1-.5-.5V5a.5.5 0 0 1 .5-.5Zm7 0h3a.5.5 0 0 1 .5.5v14a.5.5 0 0 1-.5.5h-3a.5.5 0 0 1-.5-.5V5a.5.5 0 0 1 .5-.5Z",
  replay: "M12 5V1.8L6.8 6 12 10.2V7a5.5 5.5 0 1 1-5.5 5.5h-2A7.5 7.5 0 1 0 12 5Z",
  volume: "M3 9.5v5h3.5L11 19V5L6.5 9.5H3Zm10.5-2v9a5 5 0 0 0 0-9Zm0-4.2v2.1a7 7 0 0 1 0 13.2v2.1a9 9 0 0 0 0-17.4Z",
  muted: "M3 9.5v5h3.5L11 19V5L6.5 9.5H3Zm18.5.4-1.4-1.4-2.6 2.6-2.6-2.6-1.4 1.4 2.6 2.6-2.6 2.6 1.4 1.4 2.6-2.6 2.6 2.6 1.4-1.4-2.6-2.6 2.6-2.6Z",
  settings: "M10.3 3.9h3.4l.5 2.6 1.5.9 2.5-.9 1.7 2.9-2 1.7v1.8l2 1.7-1.7 2.9-2.5-.9-1.5.9-.5 2.6h-3.4l-.5-2.6-1.5-.9-2.5.9-1.7-2.9 2-1.7V11.1l-2-1.7 1.7-2.9 2.5.9 1.5-.9.5-2.6ZM12 9.2a2.8 2.8 0 1 0 0 5.6A2.8 2.8 0 0 0 12 8Z",
  pip: "M4 5h16a1 1 0 0 1 1 1v6h-2V7H5v10h5v2H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Zm9 9h7a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-4a1 1 0 0 1 1-1Z",
  fullscreen: "M4 4h6v2H6v4H4V4Zm10 0h6v6h-2V6h-4V4ZM4 14h2v4h4v2H4v-6Zm14 0h2v6h-6v-2h4v-4Z",
  shrink: "M8 4h2v6H4V8h4V4Zm6 0h2v4h4v2h-6V4ZM4 14h6v6H8v-4H4v-2Zm10 0h6v2h-4v4h-2v-6Z",
  check: "m9.5 17.5-5-5 1.4-1.4 3.6 3.6 8.6-8.6 1.4 1.4-10 10Z",
  lock: "M12 2a5 5 0 0 0-5 5v3H6a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-9a1 1 0 0 0-1-1h-1V7a5 5 0 0 0-5-5Zm0 2a3 3 0 0 1 3 3v3H9V7a3 3 0 0 1 3-3Z",
  film: "M4 4h16a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm1 2v2h2V6H5Zm0 5v2h2v-2H5Zm0 5v2h2v-2H5ZM17 6v2h2V6h-2Zm0 5v2h2v-2h-2Zm0 5v2h2v-2h-2ZM9 6v5h6V6H9Zm0 7v5h6v-5H9Z",
  alert: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1 5h2v7h-2V7Zm0 9h2v2h-2v-2Z",
};

export type IconName = keyof typeof paths;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", paths[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

/** An icon button; `name` and `label` change together as its state does. */
export function iconButton(name: IconName, label: string, className = ""): HTMLButtonElement {
  const button = el("button", { type: "button", class: `button ${className}`.trim() });
  relabel(button, name, label);
  return button;
}

export function relabel(button: HTMLButtonElement, name: IconName, label: string): void {
  if (button.dataset.icon === name && button.ariaLabel === label) return;
  button.dataset.icon = name;
  button.ariaLabel = label;
  button.title = label;
  button.replaceChildren(icon(name));
}
