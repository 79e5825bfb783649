/** What the embedding page hears of the player, and what it may ask of it. The messages are in docs/embedding.md. */

const VERSION = 1;
/** Four times a second at most. */
const TIME_MILLISECONDS = 250;

export type PlayerEvent =
  | "ready"
  | "play"
  | "pause"
  | "timeupdate"
  | "seeked"
  | "volumechange"
  | "ended"
  | "error";

/** Whatever plays at the moment. */
export interface Playable {
  play(): void;
  pause(): void;
  seek(seconds: number): void;
  mute(muted: boolean): void;
}

let playable: Playable | undefined;
let videoId = "";

/** Listens to the embedding page, and to no other window. */
export function openBridge(id: string): void {
  videoId = id;
  if (window.parent === window) return;
  window.addEventListener("message", ({ source, data }: MessageEvent) => {
    if (source === window.parent) obey(data as unknown);
  });
}

/** Commands go there from now on. What comes before there is a player is not kept. */
export function steer(target: Playable | undefined): void {
  playable = target;
}

/** The address of the embedding page is not known, and nothing in a message is secret. */
export function tell(event: PlayerEvent, details: Record<string, unknown> = {}): void {
  if (window.parent === window) return;
  window.parent.postMessage({ source: "vms-player", version: VERSION, event, videoId, ...details }, "*");
}

/** A gate that opens four times a second at most. */
export function timeGate(): () => boolean {
  let openedAt = -Infinity;
  return () => {
    const now = performance.now();
    if (now - openedAt < TIME_MILLISECONDS) return false;
    openedAt = now;
    return true;
  };
}

/** Tells of a video element, until the signal aborts. */
export function report(
  video: HTMLVideoElement,
  times: { now(): number; total(): number },
  signal: AbortSignal,
): void {
  const place = () => ({ seconds: times.now(), duration: times.total() });
  const isDue = timeGate();
  for (const name of ["play", "pause", "seeked", "ended"] as const) {
    video.addEventListener(name, () => tell(name, place()), { signal });
  }
  video.addEventListener("timeupdate", () => isDue() && tell("timeupdate", place()), { signal });
  const volume = (): void => tell("volumechange", { volume: video.volume, muted: video.muted });
  video.addEventListener("volumechange", volume, { signal });
}

function obey(data: unknown): void {
  if (typeof data !== "object" || data === null || !playable) return;
  const { target, version, command, seconds, muted } = data as Record<string, unknown>;
  if (target !== "vms-player" || version !== VERSION) return;
  if (command === "play") playable.play();
  else if (command === "pause") playable.pause();
  else if (command === "mute") playable.mute(muted !== false);
  else if (command === "seek" && typeof seconds === "number" && Number.isFinite(seconds)) playable.seek(seconds);
}
