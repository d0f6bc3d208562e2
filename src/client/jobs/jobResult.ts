import type { Blemish, JobItem } from '../api/api';
import type { I18n } from '../parts/i18n';

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const numeric = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The bytes of the archive that a job made or read, where it tells. */
export function jobSize({ kind, result }: Pick<JobItem, 'kind' | 'result'>): number | undefined {
  if (kind === 'backup') return numeric(record(result).size);
  return kind === 'verify' ? numeric(record(result).bytes) : undefined;
}

/** What came of the rows not holding something, where a job tells. */
export const jobBlemishes = ({ result }: Pick<JobItem, 'result'>): Blemish[] =>
  list(record(result).blemishes).filter(isBlemish);

const isBlemish = (value: unknown): value is Blemish => {
  const { kind, collection, name, outcome } = record(value);
  return [kind, collection, name, outcome].every((field) => typeof field === 'string');
};

/** Seconds; undefined while it runs. */
export const jobSeconds = ({
  startedAt,
  endedAt,
}: Pick<JobItem, 'startedAt' | 'endedAt'>): number | undefined =>
  endedAt === undefined ? undefined : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;

/** What a job brought about, in one sentence; undefined where there is nothing to say. */
export function jobResult(
  { t, n, format }: I18n,
  job: Pick<JobItem, 'kind' | 'state' | 'result'>,
): string | undefined {
  if (job.state !== 'done') return undefined;
  const result = record(job.result);
  switch (job.kind) {
    case 'backup': {
      const size = numeric(result.size);
      const rows = numeric(result.rows);
      const collections = Array.isArray(result.collections)
        ? result.collections.length
        : numeric(result.collections);
      if (size === undefined || rows === undefined || collections === undefined) return undefined;
      return t('result.backup', {
        collections: n('count.collections', collections),
        rows: n('count.rows', rows),
        size: format.bytes(size),
      });
    }
    case 'restore':
    case 'copy': {
      const collections = list(result.collections).map(record);
      if (collections.length === 0) return undefined;
      return t('result.restore', {
        collections: n('count.collections', collections.length),
        rows: n(
          'count.rows',
          collections.reduce((sum, collection) => sum + (numeric(collection.rows) ?? 0), 0),
        ),
      });
    }
    case 'rehearse': {
      const [collections, rows] = [numeric(result.collections), numeric(result.rows)];
      if (collections === undefined || rows === undefined) return undefined;
      const part = list(result.breaks).length + list(result.leftOut).length > 0;
      const whole = result.proof === 'database' ? 'result.rehearseDatabase' : 'result.rehearse';
      return t(part ? 'result.rehearsePart' : whole, {
        collections: n('count.collections', collections),
        rows: n('count.rows', rows),
      });
    }
    case 'undo':
      return t('result.undo');
    case 'look': {
      const collections = list(result.collections).filter((name) => typeof name === 'string');
      return collections.length === 0 ? undefined : t('result.look', { collections: collections.join(', ') });
    }
    case 'verify': {
      const bytes = numeric(result.bytes);
      return bytes === undefined ? undefined : t('result.verify', { size: format.bytes(bytes) });
    }
  }
}
