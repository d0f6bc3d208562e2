import type { RealConsole } from '../../__tests__/browser/realConsole';
import type { Hand } from './hand';
import { button } from './stage';

/** From the choice of what comes back to the end of the restore. `typed`: the page wants the name of the instance. */
export async function goThrough(hand: Hand, ark: RealConsole, typed: boolean): Promise<void> {
  await lookAt(hand);
  await hand.click(button(hand.page, 'Continue'));
  await confirm(hand, ark, typed);
  await hand.page.getByText('Restored', { exact: true }).waitFor({ timeout: 120_000 });
}

export async function lookAt({ page, ...hand }: Hand): Promise<void> {
  await hand.click(button(page, 'See what changes'));
  await page.getByText(/collections? (is|are) (replaced|added)/).waitFor({ timeout: 120_000 });
}

export async function confirm({ page, ...hand }: Hand, ark: RealConsole, typed: boolean): Promise<void> {
  if (typed) await hand.fill(page.getByLabel(/type the name of this instance/), ark.instance);
  await hand.click(button(page, 'Restore now'));
}
