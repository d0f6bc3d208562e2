import { useEffect, useState } from 'react';
import { useI18n } from './i18n';

/** How long it is until then, in words that stay true. */
export function useTimeLeft(expiresAt: string): string {
  const { format } = useI18n();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, (new Date(expiresAt).getTime() - now) / 1000);
  return format.duration(seconds > 60 ? Math.ceil(seconds / 60) * 60 : seconds);
}
