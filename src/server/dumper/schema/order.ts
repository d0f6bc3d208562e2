import type { Needs } from './structure';

/**
 * Sorts keys so that each comes after what it needs, as far as that is possible; among equals the given order
 * stays. In a circle the first key met comes first: what closes it (a default, a check) must be able to wait.
 */
export function orderByNeed(keys: readonly string[], needs: Needs): string[] {
  const known = new Set(keys);
  const state = new Map<string, 'open' | 'done'>();
  const sorted: string[] = [];
  for (const root of keys) {
    // An explicit stack: a chain of a thousand views must not exhaust the call stack.
    const stack: { key: string; next: number }[] = [];
    const enter = (key: string) => {
      if (!known.has(key) || state.has(key)) return;
      state.set(key, 'open');
      stack.push({ key, next: 0 });
    };
    enter(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const need = needs.get(top.key)?.[top.next];
      top.next += 1;
      if (need !== undefined) enter(need);
      else {
        state.set(top.key, 'done');
        sorted.push(top.key);
        stack.pop();
      }
    }
  }
  return sorted;
}

/** The keys in groups that need nothing of each other; the given order stays, within a group and of the groups. */
export function apart(keys: readonly string[], needs: Needs): string[][] {
  const known = new Set(keys);
  const neighbours = new Map<string, string[]>(keys.map((key) => [key, []]));
  for (const key of keys) {
    for (const need of needs.get(key) ?? []) {
      if (!known.has(need)) continue;
      neighbours.get(key)?.push(need);
      neighbours.get(need)?.push(key);
    }
  }
  const groupOf = new Map<string, string[]>();
  const groups: string[][] = [];
  for (const key of keys) {
    if (!groupOf.has(key)) {
      const group: string[] = [];
      groups.push(group);
      const queue = [key];
      groupOf.set(key, group);
      for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
        for (const next of neighbours.get(at) ?? []) {
          if (groupOf.has(next)) continue;
          groupOf.set(next, group);
          queue.push(next);
        }
      }
    }
    groupOf.get(key)?.push(key);
  }
  return groups;
}

/** The keys and everything they need, directly or not. */
export function closure(keys: Iterable<string>, ...edges: Needs[]): Set<string> {
  const reached = new Set(keys);
  const queue = [...reached];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const needs of edges) {
      for (const need of needs.get(key) ?? []) {
        if (reached.has(need)) continue;
        reached.add(need);
        queue.push(need);
      }
    }
  }
  return reached;
}
