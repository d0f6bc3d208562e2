const LF = 0x0a;
const QUOTE = 0x22;

/** Counts the rows of CSV that comes in pieces. */
export class RowCount {
  #rows = 0;
  #quoted = false;
  /** Something came after the last line feed. */
  #open = false;

  add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#open = true;
    // A large field goes on and on: native code is far quicker at seeing that.
    if (!piece.includes(QUOTE) && (this.#quoted || !piece.includes(LF))) return;
    for (const byte of piece) {
      // A doubled quote inside a field leaves it and enters it again.
      if (byte === QUOTE) this.#quoted = !this.#quoted;
      else if (byte === LF && !this.#quoted) this.#rows += 1;
    }
    this.#open = this.#quoted || piece.at(-1) !== LF;
  }

  get rows(): number {
    return this.#rows + (this.#open ? 1 : 0);
  }
}
