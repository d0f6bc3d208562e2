import type { BackupItem, JobItem } from '../api/api';
import type { Running } from '../api/useArkData';
import { CompareDialog } from '../compare/CompareDialog';
import { useI18n } from '../parts/i18n';
import { PassphraseDialog } from '../passphrase/PassphraseDialog';
import { RestoreDialog } from '../restore/RestoreDialog';
import type { BackupAction } from './BackupActions';
import { BackupDrawer } from './BackupDrawer';
import { NoteDialog } from './NoteDialog';
import { RehearseDialog } from './RehearseDialog';

export interface BackupDialog {
  readonly kind: 'restore' | 'details' | 'compare' | 'verify' | 'rehearse' | 'note';
  readonly backup: BackupItem;
}

interface Props {
  readonly dialog: BackupDialog;
  readonly backups: readonly BackupItem[];
  readonly running: Running & { readonly tell: (job: JobItem) => void };
  readonly reload: () => void;
  readonly onAction: (action: BackupAction, backup: BackupItem) => void;
  readonly onVerify: (backup: BackupItem, passphrase: string) => void;
  readonly onClose: () => void;
}

/** What is open over the list, of one backup. */
export function BackupDialogs(props: Props) {
  const { dialog, backups, running, reload, onAction, onVerify, onClose } = props;
  const { t } = useI18n();
  const { backup } = dialog;
  switch (dialog.kind) {
    case 'restore':
      return <RestoreDialog backup={backup} running={running} onChanged={reload} onClose={onClose} />;
    case 'details':
      return (
        <BackupDrawer
          backup={backup}
          running={running}
          onAction={onAction}
          onTrusted={() => {
            reload();
            onClose();
          }}
          onClose={onClose}
        />
      );
    case 'compare':
      return <CompareDialog backup={backup} backups={backups} onClose={onClose} />;
    case 'verify':
      return (
        <PassphraseDialog
          title={t('verify.title')}
          text={t('verify.lockedText')}
          okText={t('action.verify')}
          onOk={(passphrase) => onVerify(backup, passphrase)}
          onClose={onClose}
        />
      );
    case 'rehearse':
      return <RehearseDialog backup={backup} onStarted={running.tell} onClose={onClose} />;
    case 'note':
      return <NoteDialog backup={backup} onChanged={reload} onClose={onClose} />;
  }
}
