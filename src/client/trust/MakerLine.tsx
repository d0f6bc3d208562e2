import { App, Button, Flex, Typography } from 'antd';
import type { BackupItem } from '../api/api';
import { useArk } from '../api/ark';
import { useI18n } from '../parts/i18n';
import { makerText } from './makerText';
import { useFailure } from '../parts/useFailure';
import { May } from '../api/May';
import { styles } from '../parts/styles';

interface Props {
  readonly backup: BackupItem;
  readonly onTrusted: () => void;
}

/** Who made a backup, and how to trust whoever that is. */
export function MakerLine({ backup, onTrusted }: Props) {
  const { api } = useArk();
  const i18n = useI18n();
  const { t } = i18n;
  const { modal, message } = App.useApp();
  const fail = useFailure();
  const { maker, instance = '' } = backup;
  const trust = (fingerprint: string) =>
    modal.confirm({
      title: t('trust.title', { instance }),
      content: (
        <>
          <p>{t('trust.text')}</p>
          <Typography.Text code>{fingerprint}</Typography.Text>
        </>
      ),
      okText: t('trust.add'),
      cancelText: t('action.cancel'),
      onOk: async () => {
        try {
          await api.addTrust({ fingerprint, name: instance });
          void message.success(t('trust.added', { instance }));
          onTrusted();
        } catch (cause) {
          fail(cause, t('trust.failed'));
        }
      },
    });
  return (
    <Flex vertical gap={4} align="flex-start" style={styles.wrap}>
      {makerText(i18n, backup)}
      {maker.kind !== 'unknown' && maker.fingerprint !== undefined && (
        <Typography.Text type="secondary" style={styles.smaller}>
          {maker.fingerprint}
        </Typography.Text>
      )}
      {maker.kind === 'stranger' && instance !== '' && (
        <May permission="settings">
          <Button size="small" onClick={() => void trust(maker.fingerprint)}>
            {t('trust.add')}
          </Button>
        </May>
      )}
    </Flex>
  );
}
