import { useEffect, useState } from 'react';
import { asApiError, type ApiError, type ArkApi, type Timing } from '../api/api';
import { isZone } from './timingText';

export interface TimingPreview {
  readonly next: readonly string[];
  readonly error: ApiError | undefined;
  readonly loading: boolean;
}

const NOTHING: TimingPreview = { next: [], error: undefined, loading: false };
/** Nobody types a pattern at one stroke. */
const PAUSE_MS = 350;

/** The next three runs, asked for when the typing pauses. */
export function useTimingPreview(api: ArkApi, timing: Timing | undefined, timeZone: string): TimingPreview {
  const [state, setState] = useState<TimingPreview>(NOTHING);
  // A timing is made anew with each stroke of another field.
  const wanted = timing && isZone(timeZone) ? JSON.stringify(timing) : undefined;
  useEffect(() => {
    if (wanted === undefined) {
      setState(NOTHING);
      return;
    }
    let over = false;
    setState((before) => ({ ...before, loading: true }));
    const timer = setTimeout(() => {
      api.previewTiming(JSON.parse(wanted) as Timing, timeZone).then(
        (next) => {
          if (!over) setState({ next, error: undefined, loading: false });
        },
        (error: unknown) => {
          if (!over) setState({ next: [], error: asApiError(error), loading: false });
        },
      );
    }, PAUSE_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [api, timeZone, wanted]);
  return state;
}
