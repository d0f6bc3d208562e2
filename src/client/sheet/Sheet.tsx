import type { RescueSheet } from '../api/api';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { fieldText, kindText } from '../storages/storageText';

/** Plain elements: they look the same on paper. */
export function Sheet({ sheet }: { readonly sheet: RescueSheet }) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const { app, backup, database } = sheet;
  const facts: (readonly [string, string])[] = [
    [t('details.instance'), sheet.instance],
    ['Ark', sheet.version],
    [
      t('details.database'),
      [database.dialect === 'postgres' ? 'PostgreSQL' : database.dialect, database.version].join(' ').trim(),
    ],
    ...(app ? [[t('details.app'), [app.name, app.version].join(' ').trim()] as const] : []),
    ...sheet.storages.map(({ name, kind, place, offsite }): readonly [string, string] => [
      offsite ? t('steps.storage') : t('storages.tab'),
      `${name} (${kindText(i18n, kind)}): ${place}`,
    ]),
    [
      backup?.rehearsedAt === undefined ? t('tab.backups') : t('steps.backup'),
      backup
        ? [
            backup.name,
            backup.storage,
            format.dateTime(backup.createdAt),
            backup.rehearsedAt === undefined
              ? t('lack.backup-unproven')
              : t('sheet.tested', { date: format.dateTime(backup.rehearsedAt) }),
          ].join(' · ')
        : t('backups.none'),
    ],
  ];
  return (
    <>
      <p>{t('sheet.text', { date: format.dateTime(sheet.madeAt) })}</p>
      <ul style={styles.listWrap}>
        {facts.map(([label, value], at) => (
          <li key={at}>
            {label}: <b>{visible(value)}</b>
          </li>
        ))}
      </ul>
      <h3>{t('sheet.secrets')}</h3>
      <ul style={styles.listWrap}>
        {sheet.secrets.map(({ what, storage, field, file }, at) => (
          <li key={at} style={styles.entry}>
            {t(`sheet.secret.${what}`)}{' '}
            {storage !== undefined && `${storage}, ${fieldText(i18n, field ?? '')} `}
            {file !== undefined && <code>{visible(file)}</code>} {t('sheet.keptAt')} ____________________
          </li>
        ))}
      </ul>
      {sheet.commands.length > 0 && (
        <>
          <h3>{t('sheet.commands')}</h3>
          <pre style={styles.program}>{sheet.commands.join('\n')}</pre>
        </>
      )}
    </>
  );
}
