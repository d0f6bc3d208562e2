import { canBeBare, canStayOut, narrowed } from '../../src/client/groups/parts';
import { changeOf, formOf, inputOf, newForm } from '../../src/client/schedules/scheduleForm';
import { ScheduleChange, ScheduleInput } from '../../src/server/api/input';

const all = ['orders', 'drafts', 'visits'].map((name) => ({ name }));
const cron = { cron: '0 3 * * *' };

test('what is taken out of a choice is of that choice, and stays out before it comes without rows', () => {
  const parts = { exclude: ['drafts'], noRows: ['orders', 'drafts', 'visits'] };
  expect(narrowed(parts, all, all)).toEqual({ exclude: ['drafts'], noRows: ['orders', 'visits'] });
  expect(narrowed(parts, all, all.slice(0, 2))).toEqual({ exclude: ['drafts'], noRows: ['orders'] });
  expect(narrowed(parts, all, all.slice(2))).toEqual({ noRows: ['visits'] });
  expect(narrowed({ exclude: [], noRows: [] }, all, all)).toEqual({});
});

test('what the app calls a collection is nobody’s name here, and stays as it was set', () => {
  expect(narrowed({ exclude: ['Imports'], noRows: ['Logs'] }, all, [])).toEqual({
    exclude: ['Imports'],
    noRows: ['Logs'],
  });
});

test.each([
  ['required', 'table', false, false],
  ['custom', 'table', true, true],
  ['unknown', 'partitioned', true, true],
  ['custom', 'view', true, false],
  ['custom', 'materialized', true, false],
] as const)('of the group %s a %s may stay out: %s, come without rows: %s', (group, kind, out, bare) => {
  const collection = { name: 'it', group, kind };
  expect([canStayOut(collection), canBeBare(collection)]).toEqual([out, bare]);
});

test('a schedule takes parts, keeps those that it has, and gives them up', () => {
  const form = newForm('nightly', 'UTC');
  expect(inputOf(form, cron)).not.toHaveProperty('exclude');
  const input = ScheduleInput.parse(inputOf(form, cron, { noRows: ['orders'] }));
  expect(input).toMatchObject({ noRows: ['orders'] });
  const kept = formOf({ ...input, storages: [], exclude: ['drafts'] } as unknown as Parameters<
    typeof formOf
  >[0]);
  expect(ScheduleChange.parse(changeOf(kept, cron))).toMatchObject({
    exclude: ['drafts'],
    noRows: ['orders'],
  });
  expect(ScheduleChange.parse(changeOf(kept, cron, {}))).toMatchObject({ exclude: null, noRows: null });
});
