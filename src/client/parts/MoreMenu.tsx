import { EllipsisOutlined } from '@ant-design/icons';
import { Button, Dropdown, type MenuProps } from 'antd';
import { useI18n } from './i18n';

interface Props<Action extends string> {
  /** The focus returns to this button after a dialog. */
  readonly id: string;
  /** What the actions are about. */
  readonly name: string;
  readonly items: MenuProps['items'];
  readonly onAction: (action: Action) => void;
}

/** What else can be done with one line of a table. */
export function MoreMenu<Action extends string>({ id, name, items, onAction }: Props<Action>) {
  const { t } = useI18n();
  if (!items?.length) return null;
  return (
    <Dropdown trigger={['click']} autoFocus menu={{ items, onClick: ({ key }) => onAction(key as Action) }}>
      <Button
        id={id}
        size="small"
        type="text"
        icon={<EllipsisOutlined aria-hidden />}
        aria-label={t('action.moreName', { name })}
        aria-haspopup="menu"
      />
    </Dropdown>
  );
}
