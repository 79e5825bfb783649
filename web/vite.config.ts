import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const hlsPackage = createRequire(import.meta.url).resolve("hls.js/package.json");

/**
 * hls.js is built from its own source with its own switches. The published light build lacks alternate audio, which we
 * need (the audio has a group of its own); the full build carries 60 kB (gzip) of DRM, ads and captions that we do not.
 * Without this alias the full build is used, with the same types.
 */
const hlsFeatures: Record<string, boolean> = {
  ALT_AUDIO: true,
  MEDIA_CAPABILITIES: true,
  CMCD: false,
  CONTENT_STEERING: false,
  EME_DRM: false,
  IFRAMES: false,
  INTERSTITIALS: false,
  M2TS_ADVANCED_CODECS: false,
  SUBTITLES: false,
  VARIABLE_SUBSTITUTION: false,
};

/** Writes `.br` and `.gz` beside each text asset, for the API to send as they are. */
function precompress(): Plugin {
  const brotli = promisify(brotliCompress);
  const zip = promisify(gzip);
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir }) {
      const assets = join(dir ?? here, "assets");
      const names = (await readdir(assets)).filter((name) => [".js", ".css", ".svg"].includes(extname(name)));
      await Promise.all(
        names.map(async (name) => {
          const file = join(assets, name);
          const bytes = await readFile(file);
          const text = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
          await writeFile(`${file}.br`, await brotli(bytes, { params: text }));
          await writeFile(`${file}.gz`, await zip(bytes, { level: 9 }));
        }),
      );
    },
  };
}

export default defineConfig({
  plugins: [precompress()],
  resolve: { alias: [{ find: /^hls\.js$/, replacement: join(dirname(hlsPackage), "src/exports-default.ts") }] },
  define: {
    ...Object.fromEntries(Object.entries(hlsFeatures).map(([name, on]) => [`__USE_${name}__`, String(on)])),
    __VERSION__: JSON.stringify((await import(hlsPackage, { with: { type: "json" } })).default.version),
    __IN_WORKER__: "false",
    __HLS_WORKER_BUNDLE__: "undefined",
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // data: URLs would need a hole in the Content-Security-Policy
    modulePreload: false,
    reportCompressedSize: false,
    license: { fileName: "assets/licenses.md" },
    chunkSizeWarningLimit: 400,
    rollupOptions: {
      input: { embed: join(here, "embed.html") },
      treeshake: { moduleSideEffects: (id) => !id.includes("node_modules") },
    },
  },
});
