/** The answer of `GET /api/videos/{id}/playback`, as far as the player uses it. */
export interface Playback {
  provider: "hls" | "vimeo" | "none";
  hlsUrl?: string | null;
  embedUrl?: string | null;
  posterUrl?: string | null;
  spritesVttUrl?: string | null;
  captions?: Caption[] | null;
  durationSeconds?: number | null;
  /** Whether an encode is under way; its progress is 0 to 100. */
  encoding?: boolean;
  encodingProgress?: number | null;
}

/** A WebVTT file. */
export interface Caption {
  language: string;
  label: string;
  url: string;
}

/** Whether the stream is watched while it is made. Seek previews come with the whole; a re-encode leaves the old ones. */
export function isGrowing({ encoding, spritesVttUrl }: Playback): boolean {
  return Boolean(encoding) && !spritesVttUrl;
}

export type Answer =
  | { kind: "playback"; playback: Playback }
  | { kind: "denied" | "missing" | "unreachable" };

const TIMEOUT_MILLISECONDS = 15_000;

export async function fetchPlayback(videoId: string): Promise<Answer> {
  try {
    const response = await fetch(`/api/videos/${encodeURIComponent(videoId)}/playback`, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    if (response.ok) return { kind: "playback", playback: (await response.json()) as Playback };
    if (response.status === 401 || response.status === 403) return { kind: "denied" };
    // 422: the id in the address is not one.
    if ([404, 410, 422].includes(response.status)) return { kind: "missing" };
  } catch {
    // No connection, no answer in time, or no JSON: the same to a viewer.
  }
  return { kind: "unreachable" };
}
