const { relative } = require('node:path');

const MINUTE = 60_000;

/** Names the test files that do not come to an end, while they run and where a run is cut off: nobody has to guess. */
module.exports = class Running {
  began = new Map();

  onRunStart() {
    this.timer = setInterval(() => this.tell(10 * MINUTE), 5 * MINUTE).unref();
    process.once('SIGTERM', () => {
      this.tell(0);
      process.exit(143);
    });
  }

  onTestFileStart({ path }) {
    this.began.set(path, Date.now());
  }

  onTestFileResult({ path }) {
    this.began.delete(path);
  }

  onRunComplete() {
    clearInterval(this.timer);
  }

  tell(atLeast) {
    for (const [path, since] of this.began) {
      const ms = Date.now() - since;
      if (ms >= atLeast)
        console.error(`STILL RUNNING after ${Math.round(ms / 1000)} s: ${relative(process.cwd(), path)}`);
    }
  }
};
