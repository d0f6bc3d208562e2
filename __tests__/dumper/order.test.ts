import { apart, orderByNeed } from '../../src/server/dumper/schema/order';
import { randomFrom } from '../helpers/random';

describe('groups that need nothing of each other', () => {
  it('hold together what needs each other, whoever comes first, and keep the order', () => {
    const needs = new Map([
      ['b', ['a']],
      ['d', ['c', 'elsewhere']],
      ['a', ['e']],
    ]);
    expect(apart(['a', 'b', 'c', 'd', 'e', 'f'], needs)).toEqual([['a', 'b', 'e'], ['c', 'd'], ['f']]);
    expect(apart([], needs)).toEqual([]);
  });

  it('whatever the needs are: every key once, no need from one group to another, each after what it needs', () => {
    const random = randomFrom(14);
    for (let turn = 0; turn < 50; turn += 1) {
      const names = Array.from({ length: 40 }, (_, at) => `k${at}`);
      const needs = new Map(
        names.map((name, at) => [name, names.slice(0, at).filter(() => random() < 0.03)]),
      );
      const keys = orderByNeed([...names].reverse(), needs);
      const groups = apart(keys, needs);
      expect(groups.flat().sort()).toEqual([...names].sort());
      for (const group of groups)
        for (const [at, key] of group.entries())
          for (const need of needs.get(key) ?? []) expect(group.slice(0, at)).toContain(need);
    }
  });

  it('do not exhaust the call stack', () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `k${at}`);
    const needs = new Map(names.map((name, at) => [name, at === 0 ? [] : [`k${at - 1}`]]));
    expect(apart(names, needs)).toHaveLength(1);
  });
});
