import { CheckCircleFilled, ExclamationCircleFilled } from '@ant-design/icons';
import type { Safety } from '../api/api';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';
import { isSafe, safeLine } from './stepText';

/** "4 of 4: you are safe", or what is missing. */
export function SafeLine({ safety }: { readonly safety: Safety }) {
  const i18n = useI18n();
  const tinted = useTinted();
  const safe = isSafe(safety);
  return (
    <span style={styles.strong} data-testid="safe-line">
      {safe ? (
        <CheckCircleFilled aria-hidden style={tinted.success} />
      ) : (
        <ExclamationCircleFilled aria-hidden style={tinted.warning} />
      )}{' '}
      {safeLine(i18n, safety)}
    </span>
  );
}
