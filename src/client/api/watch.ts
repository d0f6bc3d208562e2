import type { JobItem, JobWatcher } from './api';

const RETRY_MS = 2000;

/** Server-sent events, taken up again for as long as it takes. By `fetch`: EventSource cannot send headers. */
export function watch(
  open: (signal: AbortSignal) => Promise<Response>,
  { onJob, onConnection, onRefused }: JobWatcher,
): () => void {
  const over = new AbortController();
  const isOver = () => over.signal.aborted;
  const listen = async () => {
    let refused = false;
    while (!isOver()) {
      try {
        const response = await open(over.signal);
        if (response.status === 401 && !refused) onRefused();
        refused = response.status === 401;
        if (response.ok && response.body) {
          onConnection(true);
          for await (const text of events(response.body)) onJob(JSON.parse(text) as JobItem);
        }
      } catch {
        // Cut off, or never reached: below it is tried again.
      }
      if (isOver()) return;
      onConnection(false);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };
  void listen();
  return () => over.abort();
}

/** The data of each event; Ark's are one line long. */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length);
  }
}
