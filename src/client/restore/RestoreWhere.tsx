import { Form, Input, Radio } from 'antd';
import { useId } from 'react';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';

interface Props {
  /** The name of the new place; undefined: what is live is replaced. */
  readonly into: string | undefined;
  readonly onInto: (into: string | undefined) => void;
}

const MOST = 64;

/** In place of what is live, or beside it. */
export function RestoreWhere({ into, onInto }: Props) {
  const { t } = useI18n();
  const id = useId();
  return (
    <div style={styles.above8}>
      <Radio.Group
        aria-label={t('into.where')}
        value={into === undefined ? 'live' : 'beside'}
        onChange={({ target }) => onInto(target.value === 'live' ? undefined : '')}
        options={[
          { value: 'live', label: t('into.live') },
          { value: 'beside', label: t('into.beside') },
        ]}
      />
      {into !== undefined && (
        <Form layout="vertical" component="div" style={styles.above8}>
          <Form.Item label={t('into.name')} htmlFor={id} extra={t('into.text')} style={styles.flush}>
            <Input
              id={id}
              value={into}
              maxLength={MOST}
              autoComplete="off"
              spellCheck={false}
              placeholder="look_yesterday"
              onChange={({ target }) => onInto(target.value)}
            />
          </Form.Item>
        </Form>
      )}
    </div>
  );
}
