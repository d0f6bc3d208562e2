import { Alert } from 'antd';
import type { TakeBackPreview } from '../api/api';
import { ListNotice } from '../notices/ListNotice';
import { visible } from '../notices/codeText';
import { errorText } from '../parts/errorText';
import { useI18n } from '../parts/i18n';
import { listText } from '../parts/listText';
import { warningText } from '../parts/warningText';
import { styles } from '../parts/styles';

/** Files that nothing has to be said of. */
const CALM: ReadonlySet<TakeBackPreview['files'][number]['state']> = new Set(['comes', 'there']);

/** What stands in the way, and what there is to know before rows come back; the worst first. */
export function TakeBackNotices({ preview }: { readonly preview: TakeBackPreview }) {
  const i18n = useI18n();
  const { t, n, format } = i18n;
  const { refusals, warnings, loose, files, triggers, left, restart } = preview;
  const list = (names: readonly string[]) => listText(t, names.map(visible));
  return (
    <>
      {refusals.length > 0 && (
        <Alert
          type="error"
          showIcon
          role="alert"
          style={styles.top}
          message={
            <>
              <b>{t('error.ROWS_REFUSED')}</b>
              <ul style={styles.listWrap}>
                {refusals.map((refusal, at) => {
                  const { text, detail, lang } = errorText(i18n, refusal);
                  return (
                    <li key={at} lang={lang}>
                      {detail ?? text}
                    </li>
                  );
                })}
              </ul>
            </>
          }
        />
      )}
      <ListNotice
        type="warning"
        title={t('takeBack.warnings')}
        lines={warnings.map((warning) => ({
          key: JSON.stringify(warning),
          text: warningText(i18n, warning),
        }))}
      />
      <ListNotice
        type="warning"
        title={t('takeBack.loose')}
        lines={loose.map(({ collection, key, columns, to, author, inBackup }, at) => ({
          key: String(at),
          text: [
            t('takeBack.of', {
              collection: `${visible(collection)} ${visible(key)}`,
              text: `${list(columns)} → ${visible(to)}`,
            }),
            author ? t('takeBack.author') : !inBackup && t('takeBack.notInBackup'),
          ]
            .filter(Boolean)
            .join(' · '),
        }))}
      />
      <ListNotice
        type={files.every(({ state }) => CALM.has(state)) ? 'info' : 'warning'}
        title={n('takeBack.files', files.length)}
        lines={files.map(({ collection, key, path, state, bytes }) => ({
          key: `${collection} ${key}`,
          text: [
            visible(path),
            ...(bytes === undefined ? [] : [format.bytes(bytes)]),
            t(`takeBack.file.${state}`),
          ].join(' · '),
        }))}
      />
      <ListNotice
        type="info"
        title={t('takeBack.triggers')}
        text={t('takeBack.hooks')}
        lines={triggers.map(({ kind, collection, name }) => ({
          key: `${kind} ${collection} ${name}`,
          text: `${visible(name)} · ${visible(collection)}`,
        }))}
      />
      <ListNotice
        type="warning"
        title={t('takeBack.left')}
        lines={left.map(({ collection, columns }) => ({
          key: collection,
          text: t('takeBack.of', { collection: visible(collection), text: list(columns) }),
        }))}
      />
      {restart.length > 0 && (
        <Alert type="warning" showIcon message={t('takeBack.restart', { collections: list(restart) })} />
      )}
    </>
  );
}
