/** One size the viewer may choose. */
export interface Quality {
  id: number;
  /** `720p`: the short side. */
  label: string;
}

export const AUTO = -1;

/** What feeds the video element. */
export interface Source {
  /** Best first; empty when the browser chooses by itself. */
  qualities(): readonly Quality[];
  /** The viewer's choice, or AUTO. */
  chosen(): number;
  /** What is on screen, once something is. */
  playing(): Quality | undefined;
  choose(id: number): void;
  /** Start to fetch media. Nothing is fetched before, so a page of many players costs no traffic. */
  begin(atSeconds: number): void;
  destroy(): void;
}

export interface SourceEvents {
  /** The list, the choice or the size on screen has changed. */
  onQualities(): void;
  /** Nothing more can be done here. */
  onFatal(reason: "broken" | "unsupported"): void;
}

export async function openSource(
  video: HTMLVideoElement,
  url: string,
  events: SourceEvents,
): Promise<Source> {
  // Safari's own HLS brings AirPlay and the system's battery care; other browsers that claim HLS do it worse than hls.js.
  const apple = navigator.vendor.startsWith("Apple") && video.canPlayType("application/vnd.apple.mpegurl") !== "";
  if (apple) return openNative(video, url, events);
  const { openHls } = await import("./hls");
  return openHls(video, url, events);
}

function openNative(video: HTMLVideoElement, url: string, events: SourceEvents): Source {
  const onError = (): void => events.onFatal("broken");
  video.addEventListener("error", onError);
  video.preload = "none";
  video.src = url;
  return {
    qualities: () => [],
    chosen: () => AUTO,
    playing: () => undefined,
    choose: () => undefined,
    begin(atSeconds) {
      video.preload = "auto";
      if (atSeconds > 0) video.addEventListener("loadedmetadata", () => (video.currentTime = atSeconds), { once: true });
    },
    destroy() {
      video.removeEventListener("error", onError);
      video.removeAttribute("src");
      video.load();
    },
  };
}
