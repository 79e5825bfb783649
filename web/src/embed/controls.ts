import { captionsGroup } from "./captions";
import { el, iconButton, relabel } from "./dom";
import { createMenu, type Group } from "./menu";
import { createSeekBar } from "./seekbar";
import { AUTO, type Source } from "./source";
import { texts } from "./texts";
import { clock } from "./time";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** What the controls act on; the player owns it. */
export interface Deck {
  root: HTMLElement;
  video: HTMLVideoElement;
  source(): Source | undefined;
  spritesVttUrl(): string;
  now(): number;
  total(): number;
  toggle(): void;
  seek(seconds: number): void;
  mute(): void;
  setVolume(volume: number): void;
  fullscreen(): void;
}

export interface Controls {
  elements: HTMLElement[];
  render(): void;
  renderMenu(): void;
  isBusy(): boolean;
}

export function createControls(deck: Deck): Controls {
  const { video, root } = deck;
  const big = iconButton("play", texts.play, "big-play");
  const play = iconButton("play", texts.play);
  const mute = iconButton("volume", texts.mute);
  const volume = el("input", { class: "volume", type: "range", min: 0, max: 1, step: 0.05, "aria-label": texts.volume });
  const time = el("div", { class: "time" });
  const pip = iconButton("pip", texts.pictureInPicture, "pip");
  const full = iconButton("fullscreen", texts.fullscreen);
  const seekBar = createSeekBar(deck.spritesVttUrl, deck.seek);
  const menu = createMenu(() => [qualityGroup(deck.source()), captionsGroup(video), speedGroup(video)]);

  big.addEventListener("click", deck.toggle);
  play.addEventListener("click", deck.toggle);
  mute.addEventListener("click", deck.mute);
  volume.addEventListener("input", () => deck.setVolume(volume.valueAsNumber));
  full.addEventListener("click", deck.fullscreen);
  pip.addEventListener("click", () => void togglePictureInPicture(video));
  pip.hidden = !document.pictureInPictureEnabled;

  const bar = el(
    "div",
    { class: "bar" },
    seekBar.element,
    el("div", { class: "buttons" }, play, mute, volume, time, el("div", { class: "gap" }), menu.element, pip, full),
  );

  const render = (): void => {
    const silent = video.muted || video.volume === 0;
    const action = video.ended ? "replay" : video.paused ? "play" : "pause";
    relabel(play, action, texts[action]);
    relabel(big, action === "replay" ? "replay" : "play", action === "replay" ? texts.replay : texts.play);
    big.hidden = action === "pause";
    relabel(mute, silent ? "muted" : "volume", silent ? texts.unmute : texts.mute);
    volume.valueAsNumber = silent ? 0 : video.volume;
    volume.style.setProperty("--share", `${silent ? 0 : video.volume * 100}%`);
    const inFull = document.fullscreenElement === root;
    relabel(full, inFull ? "shrink" : "fullscreen", inFull ? texts.exitFullscreen : texts.fullscreen);
    const now = deck.now();
    const total = deck.total();
    time.textContent = `${clock(now)} / ${clock(total)}`;
    seekBar.update({ now, total, buffered: bufferedTo(video) });
  };

  return { elements: [big, bar], render, renderMenu: menu.refresh, isBusy: menu.isOpen };
}

function qualityGroup(source: Source | undefined): Group {
  const qualities = source?.qualities() ?? [];
  if (!source || qualities.length === 0) return { title: texts.quality, choices: [] };
  const chosen = source.chosen();
  const playing = source.playing();
  const auto = {
    label: chosen === AUTO && playing ? texts.autoAt(playing.label) : texts.auto,
    checked: chosen === AUTO,
    choose: () => source.choose(AUTO),
  };
  const fixed = qualities.map(({ id, label }) => ({ label, checked: chosen === id, choose: () => source.choose(id) }));
  return { title: texts.quality, choices: [auto, ...fixed] };
}

function speedGroup(video: HTMLVideoElement): Group {
  const choices = SPEEDS.map((speed) => ({
    label: speed === 1 ? texts.normalSpeed : `${speed}×`,
    checked: video.playbackRate === speed,
    choose: () => (video.playbackRate = speed),
  }));
  return { title: texts.speed, choices };
}

function bufferedTo(video: HTMLVideoElement): number {
  const { buffered, currentTime } = video;
  for (let range = 0; range < buffered.length; range++) {
    if (buffered.start(range) <= currentTime + 0.1 && buffered.end(range) >= currentTime) return buffered.end(range);
  }
  return 0;
}

async function togglePictureInPicture(video: HTMLVideoElement): Promise<void> {
  try {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await video.requestPictureInPicture();
  } catch {
    // The browser or the embedding page does not allow it: nothing to say.
  }
}
