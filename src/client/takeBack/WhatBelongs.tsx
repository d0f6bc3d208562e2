import { Alert, Checkbox } from 'antd';
import type { TakeBackPreview } from '../api/api';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { styles } from '../parts/styles';
import { comes, takeable, withChildren, type Choice } from './choice';

interface Props {
  readonly preview: TakeBackPreview;
  readonly choice: Choice;
  readonly onChange: (choice: Choice) => void;
}

/** What else is missing around the rows, and whether it comes along. */
export function WhatBelongs({ preview, choice, onChange }: Props) {
  const { t, n } = useI18n();
  const parents = preview.rows.filter(({ why }) => why === 'parent').length;
  const names = takeable(preview);
  const coming = names.filter((name) => comes(choice, name)).length;
  const all = choice.children === true || (names.length > 0 && coming === names.length);
  const anyParents = parents > 0 || !choice.parents;
  const anyChildren = preview.children.length + names.length > 0 || choice.children !== false;
  if (!anyParents && !anyChildren) return null;
  const tick = (collection: string, text: string) => (
    <li key={collection} style={styles.entry}>
      <Checkbox
        checked={comes(choice, collection)}
        onChange={({ target }) => onChange(withChildren(choice, preview, collection, target.checked))}
      >
        {text}
      </Checkbox>
    </li>
  );
  return (
    <Alert
      type="info"
      message={
        <>
          {anyChildren && (
            <div>
              {(names.length > 0 || choice.children !== false) && (
                <Checkbox
                  checked={all}
                  indeterminate={!all && coming > 0}
                  onChange={({ target }) => onChange({ ...choice, children: target.checked })}
                >
                  <b>{t('takeBack.children')}</b>
                </Checkbox>
              )}
              <ul style={{ ...styles.plainListLong, ...styles.indented }} aria-label={t('takeBack.children')}>
                {preview.children.map((child) => {
                  const { collection, missing, cannot } = child;
                  const text = t('takeBack.of', { collection: visible(collection), text: said(child) });
                  return missing > 0 && cannot === undefined ? (
                    tick(collection, text)
                  ) : (
                    <li key={collection} style={styles.entry}>
                      {text}
                    </li>
                  );
                })}
                {preview.uncounted.map((collection) =>
                  tick(
                    collection,
                    t('takeBack.of', { collection: visible(collection), text: t('takeBack.uncounted') }),
                  ),
                )}
              </ul>
            </div>
          )}
          {/* Below: it comes and goes with what is ticked above. */}
          {anyParents && (
            <Checkbox
              checked={choice.parents}
              onChange={({ target }) => onChange({ ...choice, parents: target.checked })}
            >
              <b>{t('takeBack.parents')}</b>
              {parents > 0 && ` (${n('count.rows', parents)})`}
            </Checkbox>
          )}
        </>
      }
    />
  );

  function said({ missing, apart, more, cannot }: TakeBackPreview['children'][number]): string {
    return [
      ...(missing > 0 ? [more ? n('takeBack.missingMore', missing) : n('takeBack.missing', missing)] : []),
      ...(apart > 0 ? [n('takeBack.apart', apart)] : []),
      ...(more && missing === 0 ? [t('takeBack.manyThere')] : []),
      ...(cannot ? [t(`takeBack.cannot.${cannot}`)] : []),
    ].join(' · ');
  }
}
