/** What the address of the page asks for: `?t=90&autoplay=1&muted=1`; docs/embedding.md lists it. */
export interface Options {
  startSeconds: number;
  autoplay: boolean;
  muted: boolean;
  loop: boolean;
  /** Whether there is a bar at all. */
  controls: boolean;
  /** A language such as `de`, or "" for none. */
  captions: string;
  /** Six hex digits, or "" for the usual accent. */
  color: string;
}

export function readOptions(search: string): Options {
  const query = new URLSearchParams(search);
  const captions = query.get("captions") ?? "";
  return {
    startSeconds: parseSeconds(query.get("t") ?? query.get("start") ?? ""),
    autoplay: isOn(query.get("autoplay")),
    muted: isOn(query.get("muted")),
    loop: isOn(query.get("loop")),
    controls: query.get("controls") === null || isOn(query.get("controls")),
    captions: /^[a-z0-9-]{2,35}$/i.test(captions) && captions.toLowerCase() !== "off" ? captions : "",
    color: parseColor(query.get("color") ?? query.get("colour") ?? ""),
  };
}

/** A bare `?muted` counts as yes. */
function isOn(value: string | null): boolean {
  return value !== null && !["0", "false", "no", "off"].includes(value.toLowerCase());
}

/** `90`, `90s`, `1m30s`, `1h2m3s` or `1:30`; anything else is the beginning. */
function parseSeconds(value: string): number {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  if (/^\d+(:\d{1,2}){1,2}$/.test(value)) return value.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(value);
  const [hours, minutes, seconds] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
}

/** `f60`, `ff6600` or `#ff6600`. */
function parseColor(value: string): string {
  const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value)?.[1]?.toLowerCase() ?? "";
  return hex.length === 3 ? [...hex].map((digit) => digit + digit).join("") : hex;
}

/** Paints the accent, with dark or light signs on it, whichever can be read (WCAG 2.2, relative luminance). */
export function paint(root: HTMLElement, color: string): void {
  if (!color) return;
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  root.style.setProperty("--accent", `#${color}`);
  root.style.setProperty("--accent-ink", luminance > 0.18 ? "#0b0d13" : "#ffffff");
}
