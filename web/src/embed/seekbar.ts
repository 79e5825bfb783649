import { el } from "./dom";
import { loadTiles, tileAt, type Tile } from "./sprites";
import { texts } from "./texts";
import { clamp, clock } from "./time";

const PREVIEW_PIXELS = 176;
/** Of the preview's height, what is not the picture. */
const PREVIEW_TIME_PIXELS = 36;

interface SeekBar {
  element: HTMLElement;
  update(state: { now: number; total: number; buffered: number }): void;
}

/** The position slider: buffered range, and a picture of the place under the pointer. */
export function createSeekBar(spritesVttUrl: () => string, onSeek: (seconds: number) => void): SeekBar {
  const buffered = el("div", { class: "seek-buffered" });
  const played = el("div", { class: "seek-played" });
  const thumb = el("div", { class: "seek-thumb" });
  const picture = el("div", { class: "preview-picture" });
  const frame = el("div", { class: "preview-frame", hidden: true }, picture);
  const time = el("div", { class: "preview-time" });
  const preview = el("div", { class: "preview", hidden: true, "aria-hidden": "true" }, frame, time);
  const element = el(
    "div",
    { class: "seek", role: "slider", tabindex: 0, "aria-label": texts.seek, "aria-valuemin": 0 },
    el("div", { class: "seek-track" }, buffered, played),
    thumb,
    preview,
  );

  let total = 0;
  let now = 0;
  let dragging = false;
  let tiles: Promise<Tile[]> = Promise.resolve([]);
  let tilesUrl = "";

  const paint = (): void => {
    const share = total ? clamp(now / total, 0, 1) : 0;
    played.style.transform = `scaleX(${share})`;
    thumb.style.left = `${share * 100}%`;
    element.ariaValueMax = String(Math.floor(total));
    element.ariaValueNow = String(Math.floor(now));
    element.ariaValueText = texts.position(clock(now), clock(total));
  };
  const secondsAt = (event: PointerEvent): number => {
    const box = element.getBoundingClientRect();
    return clamp((event.clientX - box.left) / box.width, 0, 1) * total;
  };
  const showPreview = async (event: PointerEvent): Promise<void> => {
    if (!total) return;
    const at = secondsAt(event);
    const box = element.getBoundingClientRect();
    time.textContent = clock(at);
    preview.hidden = false;
    place(preview, event.clientX - box.left, box.width);
    if (tilesUrl !== spritesVttUrl()) {
      tilesUrl = spritesVttUrl();
      tiles = loadTiles(tilesUrl);
    }
    const tile = tileAt(await tiles, at);
    if (!tile || preview.hidden || time.textContent !== clock(at)) return;
    paintTile(frame, picture, tile, Math.min(PREVIEW_PIXELS, box.width * 0.45), box.top - PREVIEW_TIME_PIXELS);
    place(preview, event.clientX - box.left, box.width);
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !total) return;
    element.setPointerCapture(event.pointerId);
    dragging = true;
    now = secondsAt(event);
    paint();
    void showPreview(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (dragging) {
      now = secondsAt(event);
      paint();
    }
    void showPreview(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (!dragging) return;
    dragging = false;
    onSeek(secondsAt(event));
    if (event.pointerType !== "mouse") preview.hidden = true;
  });
  element.addEventListener("pointercancel", () => {
    dragging = false;
    preview.hidden = true;
  });
  element.addEventListener("pointerleave", () => {
    if (!dragging) preview.hidden = true;
  });

  return {
    element,
    update(state) {
      total = state.total;
      if (!dragging) now = state.now;
      buffered.style.transform = `scaleX(${total ? clamp(state.buffered / total, 0, 1) : 0})`;
      paint();
    },
  };
}

/** Centred over the pointer, but inside the player. */
function place(preview: HTMLElement, x: number, width: number): void {
  const half = preview.offsetWidth / 2;
  preview.style.left = `${clamp(x, half, width - half)}px`;
}

/** The sheet's size is unknown here, so the tile is cut at its own size and scaled as a whole. */
function paintTile(frame: HTMLElement, picture: HTMLElement, tile: Tile, side: number, height: number): void {
  const scale = Math.min(side / tile.width, Math.min(side, height) / tile.height);
  picture.style.width = `${tile.width}px`;
  picture.style.height = `${tile.height}px`;
  picture.style.backgroundImage = `url(${JSON.stringify(tile.sheetUrl)})`;
  picture.style.backgroundPosition = `${-tile.x}px ${-tile.y}px`;
  picture.style.transform = `scale(${scale})`;
  frame.style.width = `${Math.round(tile.width * scale)}px`;
  frame.style.height = `${Math.round(tile.height * scale)}px`;
  frame.hidden = scale <= 0;
}
