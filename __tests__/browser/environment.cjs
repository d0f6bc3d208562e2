const EndsInTime = require('../helpers/endsInTime.cjs');

/** So much of a page tells what it showed when a test gave up. */
const SHOWN = 1500;

/** Whoever reads of a test that failed elsewhere reads what the pages showed, too. */
module.exports = class extends EndsInTime {
  async handleTestEvent(event, state) {
    super.handleTestEvent(event, state);
    if (event.name !== 'test_fn_failure' && event.name !== 'hook_failure') return;
    // Of another realm than this file's.
    const { error } = event;
    if (typeof error?.stack !== 'string') return;
    for (const page of this.global.openPages ?? []) {
      const text = await textOf(page);
      if (text) error.stack += `\n\nThe page showed: ${text}`;
    }
  }
};

/** A dialog stands before everything else, and the end of a page is where its news are. */
async function textOf(page) {
  if (page.isClosed()) return undefined;
  const late = new Promise((resolve) => setTimeout(resolve, 5000, 'nothing that it would tell').unref());
  const seen = page.evaluate(() => {
    const dialogs = [...document.querySelectorAll('[role=dialog], .ant-notification-notice')];
    return (dialogs.length > 0 ? dialogs : [document.body]).map((part) => part.innerText).join(' | ');
  });
  const text = await Promise.race([seen, late]).catch(String);
  return text.replace(/\s+/g, ' ').slice(0, SHOWN);
}
