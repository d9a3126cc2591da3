// Uploads a file in one go with Node's own client, its checksum behind it, and prints the last answer as JSON:
// `node trailer.mjs '{"path": ..., ...}'`. With `damaged` a byte is another one on its way.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { request } from 'node:http';

const { path, endpoint, key, damaged } = JSON.parse(process.argv[2]);
const headers = { Authorization: `Bearer ${key}`, 'Tus-Resumable': '1.0.0' };

const creation = request(endpoint, {
  method: 'POST',
  headers: { ...headers, 'Content-Length': 0, 'Upload-Length': statSync(path).size },
});
creation.end();
const [created] = await once(creation, 'response');
created.resume();

const patch = request(created.headers.location, {
  method: 'PATCH',
  headers: {
    ...headers,
    'Content-Type': 'application/offset+octet-stream',
    'Transfer-Encoding': 'chunked',
    'Upload-Offset': 0,
    Trailer: 'Upload-Checksum',
  },
});
const answer = once(patch, 'response');
const hash = createHash('sha1');
let isFirst = true;
for await (const chunk of createReadStream(path)) {
  hash.update(chunk);
  const sent = Buffer.from(chunk);
  if (damaged && isFirst) sent[0] ^= 1;
  isFirst = false;
  if (!patch.write(sent)) await once(patch, 'drain');
}
patch.addTrailers({ 'Upload-Checksum': `sha1 ${hash.digest('base64')}` });
patch.end();
const [{ statusCode, headers: told }] = await answer;
console.log(JSON.stringify({ status: statusCode, file: told['fileport-file-id'], url: created.headers.location }));
process.exit();
