import { Button, Popconfirm, Tooltip } from 'antd';
import { useState } from 'react';
import type { Safety } from '../api/api';
import { useArk } from '../api/ark';
import { May } from '../api/May';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { useFailure } from '../parts/useFailure';

interface Props {
  readonly safety: Pick<Safety, 'notBackedUp' | 'keyElsewhere'>;
  readonly onChanged: () => void;
}

/** Who keeps the app's AES key outside of its backups, since when; or the question, where nobody does. */
export function KeyElsewhere({ safety: { notBackedUp, keyElsewhere }, onChanged }: Props) {
  const { api } = useArk();
  const { t, format } = useI18n();
  const fail = useFailure();
  const [busy, setBusy] = useState(false);
  const say = async (kept: boolean) => {
    setBusy(true);
    try {
      await api.sayKeyElsewhere(kept);
      onChanged();
    } catch (cause) {
      fail(cause, t('safe.keyNotSaid'));
    } finally {
      setBusy(false);
    }
  };
  if (keyElsewhere) {
    const { since, by } = keyElsewhere;
    const date = format.dateTime(since);
    return (
      <span>
        <Tooltip title={by === undefined ? t('safe.keySaid', { date }) : t('safe.keySaidBy', { date, by })}>
          <span tabIndex={0}>{t('safe.keyElsewhere')}</span>
        </Tooltip>{' '}
        <May permission="settings">
          <Button
            type="link"
            size="small"
            style={styles.smallInlineButton}
            loading={busy}
            onClick={() => void say(false)}
          >
            {t('safe.keyTakeBack')}
          </Button>
        </May>
      </span>
    );
  }
  if (!notBackedUp?.aesKey) return null;
  return (
    <May permission="settings">
      <Popconfirm
        title={t('safe.keyAsk')}
        description={<div style={styles.bubble}>{t('safe.keyAskText')}</div>}
        okText={t('safe.keyYes')}
        cancelText={t('action.cancel')}
        onConfirm={() => void say(true)}
      >
        <Button type="link" size="small" style={styles.smallInlineButton} loading={busy}>
          {t('safe.keyIKeep')}
        </Button>
      </Popconfirm>
    </May>
  );
}
