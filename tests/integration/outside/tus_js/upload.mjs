// Uploads a file with tus-js-client, and prints what came of it as JSON: `node upload.mjs '{"path": ..., ...}'`.
// With `pauseAt` it stops once it has sent so many bytes; run again, it goes on where it was.

import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { FileUrlStorage, Upload } from 'tus-js-client';

const { path, uploads, key, pauseAt, ...options } = JSON.parse(process.argv[2]);
const told = {};

// A length that comes later is for what has no end yet, which a file's own stream has.
const file = createReadStream(path);
const upload = new Upload(options.uploadLengthDeferred ? file.pipe(new PassThrough()) : file, {
  ...options,
  headers: { Authorization: `Bearer ${key}` },
  urlStorage: new FileUrlStorage(uploads),
  retryDelays: [],
  onProgress: async (sent) => {
    if (pauseAt && sent >= pauseAt && !told.paused) {
      told.paused = true;
      await upload.abort();
      tell();
    }
  },
  onAfterResponse: (_, response) => {
    told.file = response.getHeader('Fileport-File-Id') ?? told.file;
  },
  onSuccess: tell,
  onError: (error) => {
    throw error;
  },
});

const [previous] = await upload.findPreviousUploads();
if (previous) upload.resumeFromPreviousUpload(previous);
upload.start();

function tell() {
  console.log(JSON.stringify({ ...told, url: upload.url }));
  process.exit();
}
