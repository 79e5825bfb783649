import { toggleCaptions } from "./captions";
import type { Deck } from "./controls";
import { clamp } from "./time";

/** The keys of the player, unless a control under the focus has its own use for them. */
export function listenToKeys(deck: Deck, signal: AbortSignal): void {
  const { video } = deck;
  const by = (seconds: number) => () => deck.seek(deck.now() + seconds);
  const louder = (step: number) => () => deck.setVolume(clamp((video.muted ? 0 : video.volume) + step, 0, 1));
  const keys: Record<string, () => void> = {
    " ": deck.toggle,
    k: deck.toggle,
    ArrowLeft: by(-5),
    ArrowRight: by(5),
    j: by(-10),
    l: by(10),
    PageDown: by(-30),
    PageUp: by(30),
    Home: () => deck.seek(0),
    End: () => deck.seek(deck.total()),
    ArrowUp: louder(0.05),
    ArrowDown: louder(-0.05),
    c: () => toggleCaptions(video),
    m: deck.mute,
    f: deck.fullscreen,
  };
  for (let digit = 0; digit <= 9; digit++) keys[String(digit)] = () => deck.seek((deck.total() * digit) / 10);

  document.addEventListener(
    "keydown",
    (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target instanceof HTMLButtonElement && event.key === " ") return;
      if (target instanceof HTMLInputElement && event.key.startsWith("Arrow")) return;
      const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      event.preventDefault();
      act();
    },
    { signal },
  );
}
