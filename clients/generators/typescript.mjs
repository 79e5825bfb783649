// node typescript.mjs DOCUMENT DIRECTORY: writes the TypeScript client, with the fetch client it stands on.
import { fileURLToPath } from "node:url";
import { createClient } from "@hey-api/openapi-ts";

const [input, path] = process.argv.slice(2);

await createClient({
  input,
  interactive: false,
  logs: { file: false, level: "warn" },
  output: {
    path,
    preferExportAll: true,
    tsConfigPath: fileURLToPath(new URL("../../web/tsconfig.json", import.meta.url)),
    // The fetch client is copied as its authors ship it, and they do not use exactOptionalPropertyTypes.
    header: ({ file, defaultValue }) => (file ? [...defaultValue] : [...defaultValue, "// @ts-nocheck"]),
  },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
});
