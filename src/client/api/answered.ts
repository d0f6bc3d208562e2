import { ApiError, OFFLINE, UNAUTHORIZED, type Failure } from './api';

export interface Answered {
  readonly data: unknown;
  readonly meta?: unknown;
}

interface Answer extends Partial<Answered> {
  readonly errors?: readonly Partial<Failure>[];
}

export const offline = () => new ApiError(OFFLINE, '', 0);

/** What was answered, or the failure that the text tells of. */
export function read(text: string, status: number): Answered {
  let answer: Answer = {};
  try {
    answer = JSON.parse(text) as Answer;
  } catch {
    // Not from Ark: a proxy's error page, or nothing at all.
  }
  if (status >= 200 && status < 300 && 'data' in answer) return { data: answer.data, meta: answer.meta };
  const error = answer.errors?.[0];
  throw new ApiError(
    error?.code ?? (status === 401 ? UNAUTHORIZED : status >= 502 && status <= 504 ? OFFLINE : 'INTERNAL'),
    error?.message ?? `HTTP ${status}`,
    status,
    error?.details,
  );
}
