// Uses a bucket as programs do, and prints a URL for a file of it.
import assert from 'node:assert/strict';
import { createReadStream, readFileSync } from 'node:fs';
import {
  CopyObjectCommand, CreateBucketCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, NoSuchKey,
  PutObjectCommand, S3Client, paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

const [endpoint, large] = process.argv.slice(2);
const Bucket = 'with-js';
const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
const ask = (Command, options) => s3.send(new Command({ Bucket, ...options }));

await ask(CreateBucketCommand, {});
await ask(PutObjectCommand, { Key: 'a b/ü', Body: 'text', Metadata: { artist: 'Queen' }, ContentType: 'text/plain' });
const found = await ask(GetObjectCommand, { Key: 'a b/ü' });
assert.equal(await found.Body.transformToString(), 'text');
assert.deepEqual([found.ContentType, found.Metadata], ['text/plain', { artist: 'Queen' }]);

await new Upload({ client: s3, params: { Bucket, Key: 'large', Body: createReadStream(large) } }).done();
const back = await ask(GetObjectCommand, { Key: 'large' });
assert.deepEqual(Buffer.from(await back.Body.transformToByteArray()), readFileSync(large));
const part = await ask(GetObjectCommand, { Key: 'large', Range: 'bytes=0-9' });
assert.equal((await part.Body.transformToByteArray()).length, 10);

await ask(CopyObjectCommand, { Key: 'copy', CopySource: `${Bucket}/large` });
assert.equal((await ask(HeadObjectCommand, { Key: 'copy' })).ContentLength, readFileSync(large).length);
const keys = [];
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) {
  keys.push(...page.Contents.map((each) => each.Key));
}
assert.deepEqual(keys, ['a b/ü', 'copy', 'large']);
await ask(DeleteObjectsCommand, { Delete: { Objects: [{ Key: 'copy' }, { Key: 'large' }] } });
await assert.rejects(ask(GetObjectCommand, { Key: 'copy' }), NoSuchKey);
console.log(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'a b/ü' }), { expiresIn: 60 }));
