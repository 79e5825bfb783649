// Uploads one file: node upload.js <file> <endpoint> <key>. Prints the URL and the last answer's headers as JSON.
import { readFileSync } from 'node:fs'
import { Upload } from 'tus-js-client'

const [file, endpoint, key] = process.argv.slice(2)
let last = {}
let retries = 0

const upload = new Upload(readFileSync(file), {
  endpoint,
  headers: { Authorization: `Bearer ${key}` },
  metadata: { filename: 'From Node.mp4', filetype: 'video/mp4', own: 'kept' },
  chunkSize: Number(process.env.CHUNK_SIZE ?? Infinity),
  uploadDataDuringCreation: process.env.WITH_CREATION === '1',
  retryDelays: [50, 100, 200, 500, 1000, 2000],
  onBeforeRequest: (request) => {
    if (request.getMethod() === 'HEAD') retries += 1
  },
  onAfterResponse: (_request, response) => {
    last = { videoId: response.getHeader('X-Video-Id') }
  },
  onError: (error) => {
    console.error(error)
    process.exitCode = 1
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, retries, ...last })),
})
upload.start()
