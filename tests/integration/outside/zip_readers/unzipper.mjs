// Unpacks the archive on standard input with unzipper. Prints for each file the name in hex and the SHA-256.

import { createHash } from 'node:crypto';

import unzipper from 'unzipper';

for await (const file of process.stdin.pipe(unzipper.Parse({ forceStream: true }))) {
  const hash = createHash('sha256');
  for await (const chunk of file) {
    hash.update(chunk);
  }
  console.log(Buffer.from(file.path).toString('hex'), hash.digest('hex'));
}
