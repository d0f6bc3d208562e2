import type { Command } from 'commander';
import type { Example } from './terminal/helpText';

export interface Entry {
  readonly usage: string;
  readonly description: string;
  /** It has commands of its own. */
  readonly group?: true;
  /** Of its help; a test runs them through the table. */
  readonly examples: readonly Example[];
  readonly load: () => Promise<(made: Command) => void>;
}

/** What there is to call. Each is loaded when it is the one that was called: nobody waits for the others. */
export const COMMANDS: readonly Entry[] = [
  {
    usage: 'backup',
    description: 'make a backup',
    examples: [
      ['ark backup', "everything but logs, in the folder of the app's .env"],
      [
        'ark backup --groups user,custom --name before-upgrade --note "before 1.9.2" --database postgres://user@host:5432/app',
        'some groups, under a name, with a note',
      ],
      [
        'ark backup --storage local,off-site --passphrase-file /etc/ark/passphrase --files -q',
        'into two storages, encrypted, with uploaded files; silent if all is well',
      ],
    ],
    load: async () => (await import('./commands/backup')).backupCommand,
  },
  {
    usage: 'list',
    description: 'list the backups, and who made them',
    examples: [
      ['ark list --state good --latest 1', 'the newest good backup of each instance'],
      ['ark list --all-instances --stale 26h --json', 'all instances, for monitoring'],
      ['ark list --contains orders', 'in which backups a collection is'],
      ['ark list --instance shop --since 7d --json', 'what an app has of this week, for a program'],
    ],
    load: async () => (await import('./commands/list')).listCommand,
  },
  {
    usage: 'safe',
    description: 'whether the app is safe: storage, schedule, alert and a tested backup',
    examples: [
      ['ark safe --database postgres://user@host:5432/app', 'what is missing; exit code 0 if nothing is'],
    ],
    load: async () => (await import('./commands/safe')).safeCommand,
  },
  {
    usage: 'rescue-sheet',
    description: 'one page that says how to get the app back when its server is gone, without secrets',
    examples: [['ark rescue-sheet > rescue.md', 'to print it, or to mail it']],
    load: async () => (await import('./commands/rescueSheet')).rescueSheetCommand,
  },
  {
    usage: 'delete <archives...>',
    description: 'delete backups for good',
    examples: [
      ['ark delete app-20261120-101500.ark', 'deletes one, after a question'],
      ['ark delete old-1 old-2 --storage off-site --yes', 'deletes two from a storage, unasked'],
    ],
    load: async () => (await import('./commands/delete')).deleteCommand,
  },
  {
    usage: 'pin <archives...>',
    description: 'keep backups until they are unpinned: nothing deletes them before',
    examples: [['ark pin before-upgrade', 'no rule and no command deletes it']],
    load: async () => (await import('./commands/pin')).pinCommand,
  },
  {
    usage: 'unpin <archives...>',
    description: 'let pinned backups be deleted again',
    examples: [['ark unpin before-upgrade', 'it goes by the rules again']],
    load: async () => (await import('./commands/pin')).unpinCommand,
  },
  {
    usage: 'note <archive> <text>',
    description: 'write a line on a backup, which the list shows with it',
    examples: [
      ['ark note latest "before the import of the price list"', 'a note on the newest backup'],
      ['ark note latest ""', 'none any more'],
    ],
    load: async () => (await import('./commands/note')).noteCommand,
  },
  {
    usage: 'history',
    description: 'what was done here: when, what, by whom, and how it ended',
    examples: [['ark history --limit 50', 'the newest fifty jobs']],
    load: async () => (await import('./commands/history')).historyCommand,
  },
  {
    usage: 'inspect <archive>',
    description: 'show what is in an archive',
    examples: [
      ['ark inspect latest', 'what is in the newest backup'],
      ['ark inspect app.ark --code', 'with the text of all code in it'],
    ],
    load: async () => (await import('./commands/inspect')).inspectCommand,
  },
  {
    usage: 'show <archive> [collection]',
    description: 'show the rows of a collection in an archive, without restoring it',
    examples: [
      ['ark show latest orders --where status=open --limit 50', 'rows of a collection'],
      ['ark show latest orders --csv', 'as CSV'],
      ['ark show orders --history 4711', 'one record through all backups'],
    ],
    load: async () => (await import('./commands/show')).showCommand,
  },
  {
    usage: 'verify <archive>',
    description: 'read every byte of an archive and compare it with its digests',
    examples: [['ark verify latest', 'every byte of the newest backup']],
    load: async () => (await import('./commands/verify')).verifyCommand,
  },
  {
    usage: 'preview <archive>',
    description: 'show what a restore would change',
    examples: [
      [
        'ark preview latest --groups custom --database postgres://user@host:5432/app',
        'what a restore of a group would change',
      ],
    ],
    load: async () => (await import('./commands/preview')).previewCommand,
  },
  {
    usage: 'diff <archive> [against]',
    description: 'compare the rows of an archive with the database, or with another archive',
    examples: [
      [
        'ark diff latest --database postgres://user@host:5432/app',
        'what has changed since the newest backup',
      ],
      ['ark diff monday.ark tuesday.ark --groups custom --examples 10', 'two backups'],
    ],
    load: async () => (await import('./commands/diff')).diffCommand,
  },
  {
    usage: 'restore <archive>',
    description: 'replace collections by those of an archive',
    examples: [
      [
        'ark restore latest --groups custom --database postgres://user@host:5432/app',
        'a group; shows what will change, and asks',
      ],
      [
        'ark restore app.ark --collections orders --into looked --database postgres://user@host:5432/app',
        'one collection beside what is live',
      ],
    ],
    load: async () => (await import('./commands/restore')).restoreCommand,
  },
  {
    usage: 'prepared',
    description: 'restores that are staged and wait for their swap',
    group: true,
    examples: [
      [
        'ark prepared show --examples 10 --database postgres://user@host:5432/app',
        'exactly what the newest would change',
      ],
      ['ark prepared swap --database postgres://user@host:5432/app', 'puts the newest in place'],
    ],
    load: async () => (await import('./commands/prepared')).preparedCommands,
  },
  {
    usage: 'take-back <archive> <collection> [keys...]',
    description: 'bring single rows of an archive back, and nothing else',
    examples: [
      [
        'ark take-back latest customers 4711 --with-children --database postgres://user@host:5432/app',
        'a deleted row, with what pointed at it',
      ],
    ],
    load: async () => (await import('./commands/takeBack')).takeBackCommand,
  },
  {
    usage: 'undo [job]',
    description: 'put back what a restore replaced, or rows as they were before they were taken back',
    examples: [
      ['ark undo --database postgres://user@host:5432/app', 'as it was before the last restore'],
      ['ark undo --list --database postgres://user@host:5432/app', 'what can be undone'],
    ],
    load: async () => (await import('./commands/undo')).undoCommand,
  },
  {
    usage: 'copy',
    description: 'copy from one database into another, without a file in between',
    examples: [
      [
        'ark copy --from postgres://user@host/live --to postgres://user@host/test --groups required,custom',
        'from one database into another',
      ],
    ],
    load: async () => (await import('./commands/copy')).copyCommand,
  },
  {
    usage: 'rehearse <archive>',
    description: 'prove that an archive can be restored here, without touching what lives here',
    examples: [
      [
        'ark rehearse latest --database postgres://user@host:5432/app',
        'proves that the newest backup can be restored',
      ],
    ],
    load: async () => (await import('./commands/rehearse')).rehearseCommand,
  },
  {
    usage: 'schedule',
    description: 'backups that happen by themselves',
    group: true,
    examples: [
      [
        'ark schedule add nightly --every "1 day" --at 02:30 --time-zone Europe/Berlin --keep last=3,daily=7 --prove',
        'a backup each night that is proven',
      ],
      ['ark schedule run-due -q', 'runs what is due; for cron and systemd'],
    ],
    load: async () => (await import('./commands/schedule')).scheduleCommands,
  },
  {
    usage: 'storages',
    description: 'where backups are kept',
    group: true,
    examples: [
      ['ark storages add off-site --url-file /etc/ark/off-site.url', 'sets up a storage'],
      ['ark storages test off-site --apply', 'tries it, and takes over what works'],
    ],
    load: async () => (await import('./commands/storages')).storagesCommands,
  },
  {
    usage: 'trust',
    description: 'instances whose archives are trusted here',
    group: true,
    examples: [['ark trust add theirs.ark --name shop-test', 'trusts whoever made an archive']],
    load: async () => (await import('./commands/trust')).trustCommands,
  },
  {
    usage: 'serve',
    description: 'the console: a page in the browser, and its API',
    examples: [
      ['ark serve --token-file /etc/ark/token', 'the console on this machine'],
      ['ark serve --listen 0.0.0.0 --port 4747', 'for other machines too'],
    ],
    load: async () => (await import('./serve')).serveCommand,
  },
  {
    usage: 'completion <shell>',
    description: 'a script by which bash, zsh or fish completes what is typed after "ark"',
    examples: [
      ['ark completion bash > /etc/bash_completion.d/ark', 'for bash, for everybody'],
      ['ark completion zsh > "${fpath[1]}/_ark"', 'for zsh'],
      ['ark completion fish > ~/.config/fish/completions/ark.fish', 'for fish'],
    ],
    load: async () => (await import('./completion')).completionCommand,
  },
];
