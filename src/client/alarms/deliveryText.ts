import type { Delivery } from '../api/api';
import { detailText } from '../parts/detailText';
import type { I18n } from '../parts/i18n';

/** Why an alarm did not get through; an old record has only the server's own words. */
export const deliveryText = (
  i18n: Pick<I18n, 't' | 'find'>,
  { error = '', details }: Pick<Delivery, 'error' | 'details'>,
): string => (details ? detailText(i18n, details) : error);
