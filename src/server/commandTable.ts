import type { Command } from 'commander';

interface Entry {
  readonly usage: string;
  readonly description: string;
  /** It has commands of its own. */
  readonly group?: true;
  readonly load: () => Promise<(made: Command) => void>;
}

/** What there is to call. Each is loaded when it is the one that was called: nobody waits for the others. */
export const COMMANDS: readonly Entry[] = [
  {
    usage: 'backup',
    description: 'make a backup',
    load: async () => (await import('./commands/backup')).backupCommand,
  },
  {
    usage: 'list',
    description: 'list the backups, and who made them',
    load: async () => (await import('./commands/list')).listCommand,
  },
  {
    usage: 'inspect <archive>',
    description: 'show what is in an archive',
    load: async () => (await import('./commands/inspect')).inspectCommand,
  },
  {
    usage: 'show <archive> [collection]',
    description: 'show the rows of a collection in an archive, without restoring it',
    load: async () => (await import('./commands/show')).showCommand,
  },
  {
    usage: 'verify <archive>',
    description: 'read every byte of an archive and compare it with its digests',
    load: async () => (await import('./commands/verify')).verifyCommand,
  },
  {
    usage: 'preview <archive>',
    description: 'show what a restore would change',
    load: async () => (await import('./commands/preview')).previewCommand,
  },
  {
    usage: 'restore <archive>',
    description: 'replace collections by those of an archive',
    load: async () => (await import('./commands/restore')).restoreCommand,
  },
  {
    usage: 'undo [job]',
    description: 'put back what a restore replaced',
    load: async () => (await import('./commands/undo')).undoCommand,
  },
  {
    usage: 'copy',
    description: 'copy from one database into another, without a file in between',
    load: async () => (await import('./commands/copy')).copyCommand,
  },
  {
    usage: 'rehearse <archive>',
    description: 'prove that an archive can be restored here, without touching what lives here',
    load: async () => (await import('./commands/rehearse')).rehearseCommand,
  },
  {
    usage: 'schedule',
    description: 'backups that happen by themselves',
    group: true,
    load: async () => (await import('./commands/schedule')).scheduleCommands,
  },
  {
    usage: 'storages',
    description: 'where backups are kept',
    group: true,
    load: async () => (await import('./commands/storages')).storagesCommands,
  },
  {
    usage: 'trust',
    description: 'instances whose archives are trusted here',
    group: true,
    load: async () => (await import('./commands/trust')).trustCommands,
  },
  {
    usage: 'serve',
    description: 'the console: a page in the browser, and its API',
    load: async () => (await import('./serve')).serveCommand,
  },
];
