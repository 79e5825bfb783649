import { startBeacon } from "./beacon";
import { openBridge, tell } from "./bridge";
import { showEncoding, showLoading, showMessage } from "./message";
import { paint, readOptions } from "./options";
import { fetchPlayback, isGrowing, type Answer, type Playback } from "./playback";
import { createPlayer, type Player, type Start } from "./player";
import { texts, type MessageKind } from "./texts";
import { showVimeo } from "./vimeo";

/** Between two looks at a video that cannot be played yet: often at first, then patiently. */
const POLL_SECONDS = { first: 3, last: 20, growth: 1.3 };
/** A second failure within this time is shown instead of tried again. */
const RELOAD_SECONDS = 60;

const root = document.getElementById("player") as HTMLElement;
const videoId = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
const options = readOptions(location.search);

let start: Start = { atSeconds: options.startSeconds, play: options.autoplay, muted: options.muted };
let player: Player | undefined;
let pollSeconds = POLL_SECONDS.first;
let pollTimer = 0;
const beacon = startBeacon(root, videoId);
let reloadedAt = -Infinity;

async function load(): Promise<void> {
  clearTimeout(pollTimer);
  showLoading(root);
  show(await fetchPlayback(videoId));
}

function show(answer: Answer): void {
  if (answer.kind !== "playback") return fail(answer.kind);
  const { playback } = answer;
  if (playback.provider === "hls" && playback.hlsUrl) return showPlayer({ ...playback, hlsUrl: playback.hlsUrl });
  if (playback.provider === "vimeo" && playback.embedUrl) {
    if (!showVimeo(root, playback.embedUrl, start, options)) fail("broken");
    return;
  }
  if (playback.encoding) showEncoding(root, playback.encodingProgress ?? 0);
  else if (!root.querySelector("[data-kind=nothing]")) showMessage(root, "nothing");
  poll();
}

function showPlayer(playback: Playback & { hlsUrl: string }): void {
  player?.destroy();
  player = createPlayer(root, playback, start, options, recover);
  if (isGrowing(playback)) poll();
}

function poll(): void {
  clearTimeout(pollTimer);
  pollTimer = window.setTimeout(() => void look(), pollSeconds * 1000);
  pollSeconds = Math.min(pollSeconds * POLL_SECONDS.growth, POLL_SECONDS.last);
}

async function look(): Promise<void> {
  if (document.hidden) return document.addEventListener("visibilitychange", () => void look(), { once: true });
  const answer = await fetchPlayback(videoId);
  // No answer this time: what is on the screen is still the best that is known.
  if (answer.kind === "unreachable") return poll();
  if (!player) return show(answer);
  if (answer.kind !== "playback") return;
  player.update(answer.playback);
  if (isGrowing(answer.playback)) poll();
}

/** The token may have run out or the network may have been away: one fresh start from the same place, unasked. */
function recover(reason: "broken" | "unsupported"): void {
  start = player?.state() ?? start;
  player?.destroy();
  player = undefined;
  const now = performance.now() / 1000;
  if (reason === "unsupported") return fail(reason);
  if (now - reloadedAt < RELOAD_SECONDS) return fail(start.atSeconds > options.startSeconds ? "broken" : "unreachable");
  reloadedAt = now;
  void load();
}

function fail(kind: MessageKind): void {
  clearTimeout(pollTimer);
  beacon.failed(kind);
  tell("error", { code: kind });
  const again = (): void => {
    pollSeconds = POLL_SECONDS.first;
    if (kind === "broken") start = { ...start, play: true };
    void load();
  };
  showMessage(root, kind, kind === "unsupported" || kind === "missing" ? undefined : again);
}

openBridge(videoId);
paint(document.documentElement, options.color);
document.title = texts.title;
root.ariaLabel = texts.title;
void load();
