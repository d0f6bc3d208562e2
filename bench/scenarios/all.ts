import { beforeUpgrade } from './beforeUpgrade';
import { closedTab } from './closedTab';
import { cutUpload } from './cutUpload';
import { databaseDown } from './databaseDown';
import { deletedRecord } from './deletedRecord';
import { fullDisk } from './fullDisk';
import { manyBackups } from './manyBackups';
import { manyCollections } from './manyCollections';
import { move } from './move';
import { otherInstance } from './otherInstance';
import { prove } from './prove';
import type { Scenario } from './scenario';
import { setup } from './setup';
import { twoAdmins } from './twoAdmins';
import { undo } from './undo';

export const SCENARIOS: readonly Scenario[] = [
  beforeUpgrade,
  otherInstance,
  deletedRecord,
  move,
  prove,
  undo,
  fullDisk,
  databaseDown,
  closedTab,
  twoAdmins,
  manyBackups,
  manyCollections,
  cutUpload,
  setup,
];
