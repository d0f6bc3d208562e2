/** Where a structure has something that is not what it has to be, and why. */
export class Unfit extends Error {
  constructor(
    readonly where: string,
    readonly why: string,
    options?: { cause?: unknown },
  ) {
    super(`${where}: ${why}`, options);
  }
}
