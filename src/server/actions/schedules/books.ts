import type { Host } from '../../host';
import { nameOfBook, type RunBook } from '../../jobs/runs';
import { inTurn } from '../inTurn';

type Where = Pick<Host, 'exclusive' | 'settings'>;

/** To be had in turn only: whoever writes has read what nobody else has changed since. */
export interface Books {
  save(schedule: string, book: RunBook): Promise<void>;
  remove(schedule: string): Promise<void>;
}

/** Schedules and the books of their runs: one decision at a time, in all processes and nodes of an instance. */
export const decide = <T>(host: Where, use: (books: Books) => Promise<T>): Promise<T> =>
  inTurn(host, 'schedules', () =>
    use({
      save: (schedule, book) => host.settings.save('settings', nameOfBook(schedule), book),
      remove: (schedule) => host.settings.remove('settings', nameOfBook(schedule)),
    }),
  );
