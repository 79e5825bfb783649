import { el } from "./dom";
import type { Group } from "./menu";
import type { Caption } from "./playback";
import { texts } from "./texts";

/** Adds the caption files; the browser loads one when it is chosen. All are off but those in the `wanted` language. */
export function addCaptions(video: HTMLVideoElement, captions: readonly Caption[], wanted = ""): void {
  if (captions.length === 0) return;
  video.crossOrigin = "anonymous"; // they may come from the CDN
  video.append(
    ...captions.map(({ label, language, url }) => el("track", { kind: "captions", label, srclang: language, src: url })),
  );
  show(video, inLanguage(captionTracks(video), wanted));
}

/** The same language, or else the same but for the region: `de` finds `de-AT`, and the other way round. */
function inLanguage(tracks: readonly TextTrack[], wanted: string): TextTrack | undefined {
  if (!wanted) return undefined;
  const base = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";
  const exact = tracks.find(({ language }) => language.toLowerCase() === wanted.toLowerCase());
  return exact ?? tracks.find(({ language }) => base(language) === base(wanted));
}

export function captionsGroup(video: HTMLVideoElement): Group {
  const tracks = captionTracks(video);
  if (tracks.length === 0) return { title: texts.captions, choices: [] };
  const choice = (label: string, track: TextTrack | undefined) => ({
    label,
    checked: showing(video) === track,
    choose: () => show(video, track),
  });
  return { title: texts.captions, choices: [choice(texts.off, undefined), ...tracks.map((one) => choice(one.label, one))] };
}

/** Off, or the first in the viewer's language, or the first. */
export function toggleCaptions(video: HTMLVideoElement): void {
  const tracks = captionTracks(video);
  const mine = tracks.find(({ language }) => navigator.languages.some((wanted) => wanted.startsWith(language)));
  show(video, showing(video) ? undefined : (mine ?? tracks[0]));
}

/** Only our own: Safari adds the stream's subtitles, which are the same, and tracks for metadata. */
function captionTracks(video: HTMLVideoElement): TextTrack[] {
  return [...video.querySelectorAll("track")].map(({ track }) => track);
}

function showing(video: HTMLVideoElement): TextTrack | undefined {
  return captionTracks(video).find(({ mode }) => mode === "showing");
}

function show(video: HTMLVideoElement, chosen: TextTrack | undefined): void {
  for (const track of video.textTracks) {
    if (track.kind !== "metadata") track.mode = track === chosen ? "showing" : "disabled";
  }
}
