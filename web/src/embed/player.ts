import { report, steer, tell } from "./bridge";
import { addCaptions } from "./captions";
import { createControls, type Deck } from "./controls";
import { el } from "./dom";
import { listenToKeys } from "./keyboard";
import type { Options } from "./options";
import { isGrowing, type Playback } from "./playback";
import { openSource, type Source } from "./source";
import { texts } from "./texts";
import { clamp } from "./time";

const IDLE_MILLISECONDS = 2500;

export interface Start {
  atSeconds: number;
  play: boolean;
  muted: boolean;
}

export interface Player {
  /** Where the next one should start, if this one has to go. */
  state(): Start;
  /** A newer answer about the stream that is open: the encode went on, or is done. */
  update(playback: Playback): void;
  destroy(): void;
}

export function createPlayer(
  root: HTMLElement,
  opened: Playback & { hlsUrl: string },
  start: Start,
  options: Options,
  onFatal: (reason: "broken" | "unsupported") => void,
): Player {
  const video = el("video", { class: "video", playsinline: true, preload: "none" });
  const spinner = el("div", { class: "spinner", role: "status", "aria-label": texts.loading, hidden: true });
  const note = el("div", { class: "note", role: "status", hidden: true });
  const listeners = new AbortController();
  const { signal } = listeners;
  let source: Source | undefined;
  let startSeconds = start.atSeconds;
  let begun = false;
  let playback: Playback = opened;
  let idleTimer = 0;

  const begin = (): void => {
    begun = true;
    source?.begin(startSeconds);
  };
  const play = (): void => void video.play().catch(render);

  const deck: Deck = {
    root,
    video,
    source: () => source,
    spritesVttUrl: () => playback.spritesVttUrl ?? "",
    now: () => (video.readyState > 0 ? video.currentTime : startSeconds),
    total() {
      const declared = playback.durationSeconds ?? 0;
      // While the playlist still grows, its end is not the video's.
      if (isGrowing(playback) && declared) return declared;
      return Number.isFinite(video.duration) && video.duration ? video.duration : declared;
    },
    toggle: () => (video.paused ? play() : video.pause()),
    seek(seconds) {
      const { seekable } = video;
      const reachable = isGrowing(playback) && seekable.length ? seekable.end(seekable.length - 1) - 1 : Infinity;
      startSeconds = clamp(seconds, 0, Math.min(deck.total(), reachable));
      if (video.readyState > 0) video.currentTime = startSeconds;
      else if (begun) video.addEventListener("loadedmetadata", () => (video.currentTime = startSeconds), { once: true });
      else begin();
      render();
    },
    mute() {
      video.muted = !video.muted;
      if (!video.muted && video.volume === 0) video.volume = 0.5;
    },
    setVolume(volume) {
      video.volume = volume;
      video.muted = volume === 0;
    },
    fullscreen: () => void toggleFullscreen(root, video),
  };
  const controls = createControls(deck);
  const render = (): void => controls.render();
  const update = (newer: Playback): void => {
    playback = newer;
    note.hidden = !isGrowing(newer);
    note.textContent = texts.stillEncoding(Math.floor(newer.encodingProgress ?? 0));
    render();
  };

  const wake = (): void => {
    clearTimeout(idleTimer);
    delete root.dataset.idle;
    idleTimer = window.setTimeout(() => {
      const inUse = controls.isBusy() || root.querySelector(".bar :focus-visible") !== null;
      if (!video.paused && !inUse) root.dataset.idle = "";
    }, IDLE_MILLISECONDS);
  };

  for (const name of ["play", "pause", "ended", "timeupdate", "durationchange", "progress", "volumechange", "seeked"]) {
    video.addEventListener(name, render, { signal });
  }
  for (const name of ["waiting", "seeking"]) {
    video.addEventListener(name, () => (spinner.hidden = video.paused && name === "waiting"), { signal });
  }
  for (const name of ["playing", "seeked", "canplay", "pause"]) {
    video.addEventListener(name, () => (spinner.hidden = true), { signal });
  }
  video.addEventListener("play", begin, { once: true, signal });
  video.addEventListener("play", wake, { signal });
  video.addEventListener("pause", wake, { signal });
  video.addEventListener("ratechange", () => controls.renderMenu(), { signal });
  // A finger cannot hover: its first tap only brings the controls back.
  let tapWakes = false;
  const onDown = ({ pointerType }: PointerEvent): void => {
    tapWakes = pointerType !== "mouse" && root.dataset.idle !== undefined;
  };
  video.addEventListener("pointerdown", onDown, { signal });
  video.addEventListener("click", () => !tapWakes && deck.toggle(), { signal });
  video.addEventListener("dblclick", deck.fullscreen, { signal });
  for (const name of ["pointermove", "pointerdown", "keydown", "focusin"]) root.addEventListener(name, wake, { signal });
  const onLeave = ({ pointerType }: PointerEvent): void => {
    if (pointerType === "mouse" && !video.paused && !controls.isBusy()) root.dataset.idle = "";
  };
  root.addEventListener("pointerleave", onLeave, { signal });
  document.addEventListener("fullscreenchange", render, { signal });
  listenToKeys(deck, signal);

  if (opened.posterUrl) video.poster = opened.posterUrl;
  addCaptions(video, opened.captions ?? [], options.captions);
  video.muted = start.muted;
  video.loop = options.loop;
  delete root.dataset.idle;
  root.dataset.controls = options.controls ? "on" : "off";
  root.replaceChildren(video, spinner, note, ...controls.elements);
  update(opened);
  report(video, deck, signal);
  steer({ play, pause: () => video.pause(), seek: deck.seek, mute: (muted) => (video.muted = muted) });
  tell("ready", { duration: deck.total() });

  void openSource(video, opened.hlsUrl, {
    onQualities: () => controls.renderMenu(),
    onFatal: (reason) => !signal.aborted && onFatal(reason),
  }).then(
    (fresh) => {
      if (signal.aborted) return fresh.destroy();
      source = fresh;
      if (begun) begin();
    },
    () => !signal.aborted && onFatal("broken"),
  );
  if (start.play) play();

  return {
    state: () => ({ atSeconds: deck.now(), play: !video.paused, muted: video.muted }),
    update,
    destroy() {
      listeners.abort();
      steer(undefined);
      clearTimeout(idleTimer);
      source?.destroy();
      video.remove();
    },
  };
}

async function toggleFullscreen(root: HTMLElement, video: HTMLVideoElement): Promise<void> {
  const iphone = video as HTMLVideoElement & { webkitEnterFullscreen?: () => void };
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (root.requestFullscreen) await root.requestFullscreen();
    else iphone.webkitEnterFullscreen?.();
  } catch {
    // The embedding page does not allow it: nothing to say.
  }
}
