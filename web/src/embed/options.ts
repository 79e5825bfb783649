/** What the address of the page asks for: `?t=90&autoplay=1&muted=1`. */
export interface Options {
  startSeconds: number;
  autoplay: boolean;
  muted: boolean;
}

export function readOptions(search: string): Options {
  const query = new URLSearchParams(search);
  return {
    startSeconds: parseSeconds(query.get("t") ?? ""),
    autoplay: isOn(query.get("autoplay")),
    muted: isOn(query.get("muted")),
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
