import { useCallback, useState } from 'react';
import { filtersOf, NO_FILTERS, type Filters } from './filters';

/** Of this tab of the browser, so that a look at another page or a reload loses nothing. */
const KEPT = 'ark-filters';

export interface FilterState {
  readonly filters: Filters;
  readonly change: (more: Partial<Filters>) => void;
  readonly clear: () => void;
}

export function useFilters(): FilterState {
  const [filters, setFilters] = useState(recalled);
  const keep = useCallback((next: Filters) => {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(next));
    } catch {
      // A browser that keeps nothing still filters.
    }
    return next;
  }, []);
  const change = useCallback(
    (more: Partial<Filters>) => setFilters((before) => keep({ ...before, ...more })),
    [keep],
  );
  const clear = useCallback(() => setFilters(keep(NO_FILTERS)), [keep]);
  return { filters, change, clear };
}

function recalled(): Filters {
  try {
    return filtersOf(sessionStorage.getItem(KEPT));
  } catch {
    return NO_FILTERS;
  }
}
