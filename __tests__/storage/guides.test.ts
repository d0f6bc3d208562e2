import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const S3 = join(ROOT, 'src/server/storage/s3');

/** What AWS asks of a key for each call; a new call has to be added here, and to the guides. */
const ACTIONS: Readonly<Record<string, string>> = {
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  CompleteMultipartUpload: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  DeleteObject: 's3:DeleteObject',
  GetObject: 's3:GetObject',
  // Of what is not there: "not found" instead of "forbidden" only for who may list.
  HeadObject: 's3:GetObject',
  ListObjects: 's3:ListBucket',
  ListObjectsV2: 's3:ListBucket',
  PutObject: 's3:PutObject',
  UploadPart: 's3:PutObject',
};

interface Policy {
  readonly Statement: readonly { readonly Action: readonly string[]; readonly Resource: string }[];
}

test.each(['aws', 'minio'])(
  'the policy of the guide for %s allows what Ark does, and nothing else',
  (guide) => {
    const used = new Set(
      readdirSync(S3).flatMap((file) =>
        [...readFileSync(join(S3, file), 'utf8').matchAll(/new (\w+)Command\(/g)].map(
          ([, call]) => call ?? '',
        ),
      ),
    );
    expect([...used].sort()).toEqual(Object.keys(ACTIONS).sort());
    const text = readFileSync(join(ROOT, 'docs/guides', `${guide}.md`), 'utf8');
    const policy = JSON.parse(/```json\n([^`]*)```/.exec(text)?.[1] ?? '') as Policy;
    const allowed = policy.Statement.flatMap(({ Action }) => Action);
    expect(allowed.sort()).toEqual([...new Set([...used].map((call) => ACTIONS[call]))].sort());
    for (const { Action, Resource } of policy.Statement)
      expect(Resource.endsWith('/*')).toBe(!Action.includes('s3:ListBucket'));
  },
);
