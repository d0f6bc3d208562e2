import type { Blemish, JobItem } from '../api/api';
import { guessedOrCounted } from '../groups/rowCount';
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

/** The place that a restore made beside what is live, and the statement that takes it away again. */
export function jobBeside({
  kind,
  result,
}: Pick<JobItem, 'kind' | 'result'>): { into: string; drop: string } | undefined {
  const { into, drop } = record(result);
  return kind === 'restore' && typeof into === 'string' && typeof drop === 'string'
    ? { into, drop }
    : undefined;
}

/** An undo that put rows back, and not what a restore replaced. */
export const isOfRows = ({ kind, result }: Pick<JobItem, 'kind' | 'result'>): boolean =>
  kind === 'undo' && numeric(record(result).rows) !== undefined;

/** Seconds; undefined while it runs. */
export const jobSeconds = ({
  startedAt,
  endedAt,
}: Pick<JobItem, 'startedAt' | 'endedAt'>): number | undefined =>
  endedAt === undefined ? undefined : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;

/** What a job brought about, in one sentence; undefined where there is nothing to say. */
export function jobResult(i18n: I18n, job: Pick<JobItem, 'kind' | 'state' | 'result'>): string | undefined {
  const { t, n, format } = i18n;
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
    case 'prepare':
    case 'copy': {
      const collections = list(result.collections).map(record);
      if (collections.length === 0) return undefined;
      const counts = collections.map(({ rows }) => numeric(rows));
      const known = counts.filter((rows) => rows !== undefined);
      const sum = known.reduce((all, rows) => all + rows, 0);
      return t(job.kind === 'prepare' ? 'result.prepare' : 'result.restore', {
        collections: n('count.collections', collections.length),
        rows: guessedOrCounted(i18n, sum, known.length < counts.length),
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
      return isOfRows(job) ? n('result.undoRows', numeric(result.rows) ?? 0) : t('result.undo');
    case 'look': {
      const collections = list(result.collections).filter((name) => typeof name === 'string');
      return collections.length === 0 ? undefined : t('result.look', { collections: collections.join(', ') });
    }
    case 'takeBack': {
      const collection = result.collection;
      if (typeof collection !== 'string') return undefined;
      const keys = list(result.keys).filter((key) => typeof key === 'string');
      const [inserted, overwritten] = [numeric(result.inserted), numeric(result.overwritten)];
      if (inserted === undefined || overwritten === undefined) return undefined;
      const rows = inserted + overwritten;
      return t('result.takeBack', { collection, keys: keys.join('; '), rows: n('count.rows', rows) });
    }
    case 'transfer': {
      const [size, storage] = [numeric(result.size), result.storage];
      if (size === undefined || typeof storage !== 'string') return undefined;
      return t('result.transfer', { size: format.bytes(size), storage });
    }
    case 'verify': {
      const bytes = numeric(result.bytes);
      return bytes === undefined ? undefined : t('result.verify', { size: format.bytes(bytes) });
    }
  }
}
