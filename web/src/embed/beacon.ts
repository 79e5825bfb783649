/** Tells the server how the video is watched. Nobody is recognised: the id is made anew with every page and never kept. */

const URL_PATH = "/api/playback/events";
/** Between two reports while it plays. */
const REPORT_MILLISECONDS = 15_000;
const QUARTILES = [100, 75, 50, 25] as const;
/** What is not a fault of the stream: nobody was to see it. */
const NO_FAULTS = ["denied", "missing"];

type Kind = "start" | "progress" | "end" | "error";

export interface Beacon {
  /** The viewer has been shown an error instead of the film. */
  failed(code: string): void;
}

/** Every number counts from the opening of the page, so a report that is lost is made good by the next. */
export function startBeacon(root: HTMLElement, videoId: string): Beacon {
  const viewingId = makeId();
  let started = false;
  let playingSince: number | undefined;
  let watchedMilliseconds = 0;
  let position = 0;
  let quartile = 0;
  let timer = 0;
  let told = "";

  const tell = (event: Kind, errorCode?: string): void => {
    const watchedSeconds = Math.round(watched() / 100) / 10;
    const values = { watchedSeconds, positionSeconds: Math.round(position * 10) / 10, quartile };
    const body = JSON.stringify({ viewingId, videoId, event, ...values, errorCode, provider: "hls" });
    // Nothing new since the last time, as when a page is hidden twice.
    if (body === told) return;
    told = body;
    if (navigator.sendBeacon?.(URL_PATH, body)) return;
    void fetch(URL_PATH, { method: "POST", body, keepalive: true }).catch(() => undefined);
  };
  const watched = (): number => watchedMilliseconds + (playingSince === undefined ? 0 : performance.now() - playingSince);
  const pause = (): void => {
    watchedMilliseconds = watched();
    playingSince = undefined;
    clearInterval(timer);
  };
  const play = (): void => {
    if (playingSince !== undefined) return;
    playingSince = performance.now();
    timer = window.setInterval(() => tell("progress"), REPORT_MILLISECONDS);
    if (!started) tell("start");
    started = true;
  };
  const look = (video: HTMLVideoElement): void => {
    position = video.currentTime;
    if (playingSince === undefined || !Number.isFinite(video.duration) || !video.duration) return;
    const percent = (100 * position) / video.duration;
    quartile = Math.max(quartile, QUARTILES.find((reached) => percent >= reached) ?? 0);
  };
  const on = (names: string[], act: (video: HTMLVideoElement) => void): void => {
    // Media events do not bubble, but they are captured on their way down; the video element may be another one later.
    const listen = ({ target }: Event): void => void (target instanceof HTMLVideoElement && act(target));
    for (const name of names) root.addEventListener(name, listen, { capture: true });
  };

  on(["playing"], play);
  on(["pause", "waiting", "emptied"], pause);
  on(["timeupdate"], look);
  on(["ended"], (video) => {
    look(video);
    quartile = 100;
    pause();
    tell("end");
  });
  const leave = (): void => void (started && tell("progress"));
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("pagehide", leave);

  return {
    failed(code) {
      pause();
      if (!NO_FAULTS.includes(code)) tell("error", code);
    },
  };
}

function makeId(): string {
  // `randomUUID` is only there on https.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
