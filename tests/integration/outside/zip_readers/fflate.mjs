// Unpacks the archive on standard input with fflate. Prints for each file the name in hex and the SHA-256.

import { createHash } from 'node:crypto';

import { Unzip, UnzipPassThrough } from 'fflate';

const unzip = new Unzip((file) => {
  const hash = createHash('sha256');
  file.ondata = (error, chunk, isLast) => {
    if (error) {
      throw error;
    }
    hash.update(chunk);
    if (isLast) {
      console.log(Buffer.from(file.name).toString('hex'), hash.digest('hex'));
    }
  };
  file.start();
});
unzip.register(UnzipPassThrough);
for await (const chunk of process.stdin) {
  unzip.push(chunk);
}
unzip.push(new Uint8Array(0), true);
