import Hls from "hls.js";
import { AUTO, type Quality, type Source, type SourceEvents } from "./source";

export function openHls(video: HTMLVideoElement, url: string, events: SourceEvents): Source {
  const hls = new Hls({
    autoStartLoad: false,
    capLevelToPlayerSize: true,
    backBufferLength: 60,
    // fMP4 needs no remuxing, and a worker would come from a blob: URL, which the page's policy refuses.
    enableWorker: false,
  });
  let begun = false;
  let qualities: readonly Quality[] = [];
  let recovered = false;

  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    qualities = named(hls.levels);
    events.onQualities();
  });
  hls.on(Hls.Events.LEVEL_SWITCHED, () => events.onQualities());
  hls.on(Hls.Events.ERROR, (_, { fatal, type, details }) => {
    if (!fatal) return;
    if (details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) return events.onFatal("unsupported");
    if (type === Hls.ErrorTypes.MEDIA_ERROR && !recovered) {
      recovered = true;
      return hls.recoverMediaError();
    }
    events.onFatal("broken");
  });

  if (Hls.isSupported()) {
    hls.attachMedia(video);
    hls.loadSource(url);
  } else {
    queueMicrotask(() => events.onFatal("unsupported"));
  }
  return {
    qualities: () => qualities,
    chosen: () => (hls.autoLevelEnabled ? AUTO : hls.loadLevel),
    playing: () => qualities.find(({ id }) => id === hls.currentLevel),
    choose(id) {
      // From the next segment on, without a gap; what is buffered beyond it is dropped.
      hls.nextLevel = id;
      events.onQualities();
    },
    begin(atSeconds) {
      if (begun) return;
      begun = true;
      const start = (): void => hls.startLoad(atSeconds);
      if (hls.levels.length) start();
      else hls.once(Hls.Events.MANIFEST_PARSED, start);
    },
    destroy: () => hls.destroy(),
  };
}

/** Best first; of two of the same size the better one keeps the name. */
function named(levels: typeof Hls.prototype.levels): Quality[] {
  const byLabel = new Map<string, { id: number; label: string; rank: number }>();
  levels.forEach(({ width, height, bitrate }, id) => {
    const side = Math.min(width || height, height || width);
    const label = side ? `${side}p` : `${Math.round(bitrate / 1000)} kbit/s`;
    const rank = side * 1e9 + bitrate;
    if (rank > (byLabel.get(label)?.rank ?? -1)) byLabel.set(label, { id, label, rank });
  });
  return [...byLabel.values()].sort((a, b) => b.rank - a.rank);
}
