/** Apart from the other warnings: a list of backups says it too, and starts without what they need. */
export const PLAIN_TEXT =
  '{{name}} is not encrypted, and the backups of this instance that it passes for are: somebody may have put it in the place of one.';
