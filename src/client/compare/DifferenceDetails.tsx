import { Flex, Typography } from 'antd';
import { visible } from '../notices/codeText';
import { useI18n } from '../parts/i18n';
import { listText } from '../parts/listText';
import { styles } from '../parts/styles';
import { ComparedRows } from '../takeBack/ComparedRows';
import { exampleRows, notesOf, type Difference, type Words } from './difference';

interface Props {
  readonly difference: Difference;
  readonly words: Words;
}

/** Whether there is more to say of it than its numbers. */
export const hasDetails = ({ by, columns, columnsHere, columnsThere, examples }: Difference): boolean =>
  by !== 'key' || columns.length + columnsHere.length + columnsThere.length + examples.length > 0;

/** One collection: in how many rows each column has changed, what was not compared, and examples side by side. */
export function DifferenceDetails({ difference, words }: Props) {
  const i18n = useI18n();
  const { t, format } = i18n;
  const { columns } = difference;
  const rows = exampleRows(i18n, difference, words);
  return (
    <Flex vertical gap={8} style={styles.wrap}>
      {notesOf(i18n, difference, words).map((note) => (
        <Typography.Text key={note}>{note}</Typography.Text>
      ))}
      {columns.length > 0 && (
        <span>
          {t('difference.columns', {
            columns: listText(
              t,
              columns.map(({ name, rows }) => `${visible(name)} (${format.number(rows)})`),
            ),
          })}
        </span>
      )}
      {rows.length > 0 && (
        <ComparedRows rows={rows} now={t(`difference.side.${words}`)} then={t('preview.then')} />
      )}
    </Flex>
  );
}
