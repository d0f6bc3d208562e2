/** Lends each of a few things to one at a time. */
export class Turns<T> {
  readonly #free: T[];
  readonly #waiting: ((item: T) => void)[] = [];

  constructor(all: readonly T[]) {
    this.#free = [...all];
  }

  async take(): Promise<T> {
    return this.#free.pop() ?? (await new Promise<T>((resolve) => this.#waiting.push(resolve)));
  }

  give(item: T): void {
    const next = this.#waiting.shift();
    if (next) next(item);
    else this.#free.push(item);
  }
}
