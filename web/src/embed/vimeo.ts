import { steer, tell, timeGate, type PlayerEvent } from "./bridge";
import { el } from "./dom";
import type { Options } from "./options";
import type { Start } from "./player";
import { texts } from "./texts";

const ORIGIN = "https://player.vimeo.com";
/** Events of Vimeo's player that have the name of ours. */
const EVENTS = ["play", "pause", "timeupdate", "seeked", "volumechange", "ended", "error"] as const;

/** Vimeo's own player in our place; false if the address is not Vimeo's. */
export function showVimeo(root: HTMLElement, embedUrl: string, start: Start, options: Options): boolean {
  if (!URL.canParse(embedUrl)) return false;
  const url = new URL(embedUrl);
  if (url.origin !== ORIGIN) return false;
  if (start.play) url.searchParams.set("autoplay", "1");
  if (start.muted) url.searchParams.set("muted", "1");
  if (options.loop) url.searchParams.set("loop", "1");
  if (!options.controls) url.searchParams.set("controls", "0");
  if (options.color) url.searchParams.set("color", options.color);
  if (options.captions) url.searchParams.set("texttrack", options.captions);
  if (start.atSeconds > 0) url.hash = `t=${Math.floor(start.atSeconds)}s`;
  const allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
  const frame = el("iframe", { class: "vimeo", src: url.href, title: texts.vimeoFrame, allow, allowfullscreen: true });
  root.replaceChildren(frame);
  connect(frame);
  return true;
}

/** The embedding page hears and steers Vimeo's player as it does ours, by the messages of Vimeo's player.js. */
function connect(frame: HTMLIFrameElement): void {
  const listeners = new AbortController();
  const isDue = timeGate();
  const send = (method: string, value?: unknown): void =>
    frame.contentWindow?.postMessage({ method, ...(value === undefined ? {} : { value }) }, ORIGIN);
  const onMessage = ({ source, origin, data }: MessageEvent): void => {
    if (!frame.isConnected) return listeners.abort();
    if (source !== frame.contentWindow || origin !== ORIGIN) return;
    const { event, data: details } = parse(data as unknown);
    if (event === "ready") {
      for (const name of EVENTS) send("addEventListener", name);
      tell("ready");
    } else if (event && (event !== "timeupdate" || isDue())) {
      tell(event, event === "error" ? { code: "vimeo" } : numbers(details));
    }
  };
  window.addEventListener("message", onMessage, { signal: listeners.signal });
  steer({
    play: () => send("play"),
    pause: () => send("pause"),
    seek: (seconds) => send("setCurrentTime", Math.max(0, seconds)),
    mute: (muted) => send("setMuted", muted),
  });
}

function parse(data: unknown): { event?: PlayerEvent; data?: unknown } {
  try {
    const found: unknown = typeof data === "string" ? JSON.parse(data) : data;
    const { event, data: details } = (found ?? {}) as { event?: unknown; data?: unknown };
    const known = ["ready", ...EVENTS].find((name) => name === event) as PlayerEvent | undefined;
    return known ? { event: known, data: details } : {};
  } catch {
    return {};
  }
}

/** What we tell of our own player too. */
function numbers(details: unknown): Record<string, unknown> {
  const given = (details ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    ["seconds", "duration", "volume", "muted"].filter((name) => name in given).map((name) => [name, given[name]]),
  );
}
