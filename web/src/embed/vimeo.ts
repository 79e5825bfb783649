import { el } from "./dom";
import type { Start } from "./player";
import { texts } from "./texts";

/** Vimeo's own player in our place; false if the address is not Vimeo's. */
export function showVimeo(root: HTMLElement, embedUrl: string, start: Start): boolean {
  if (!URL.canParse(embedUrl)) return false;
  const url = new URL(embedUrl);
  if (url.origin !== "https://player.vimeo.com") return false;
  if (start.play) url.searchParams.set("autoplay", "1");
  if (start.muted) url.searchParams.set("muted", "1");
  if (start.atSeconds > 0) url.hash = `t=${Math.floor(start.atSeconds)}s`;
  const allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
  root.replaceChildren(el("iframe", { class: "vimeo", src: url.href, title: texts.vimeoFrame, allow, allowfullscreen: true }));
  return true;
}
