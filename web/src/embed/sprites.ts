/** Seek previews: a WebVTT file whose cues name a rectangle of a picture (`sheet-000.jpg#xywh=0,0,160,90`). */
export interface Tile {
  startSeconds: number;
  endSeconds: number;
  sheetUrl: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** No tiles when there are none, or when they cannot be read: a preview is never worth an error. */
export async function loadTiles(vttUrl: string): Promise<Tile[]> {
  try {
    const response = await fetch(vttUrl, { credentials: "omit" });
    return response.ok ? parseTiles(await response.text(), response.url) : [];
  } catch {
    return [];
  }
}

export function parseTiles(vtt: string, baseUrl: string): Tile[] {
  const cue = /^(\S+)[ \t]+-->[ \t]+(\S+).*\r?\n(.+?)#xywh=(\d+),(\d+),(\d+),(\d+)/gm;
  return [...vtt.matchAll(cue)].map(([, start = "", end = "", sheet = "", x, y, width, height]) => ({
    startSeconds: seconds(start),
    endSeconds: seconds(end),
    sheetUrl: new URL(sheet.trim(), baseUrl).href,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

function seconds(timestamp: string): number {
  return timestamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The tile shown at a time; the cues are in order and without gaps. */
export function tileAt(tiles: readonly Tile[], time: number): Tile | undefined {
  return tiles.find((tile) => time < tile.endSeconds) ?? tiles.at(-1);
}
