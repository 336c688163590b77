/**
 * Workers that read and draw, one a core up to 4.
 *
 * @typedef {{request: object, resolve: (answer: any) => void, reject: (why: Error) => void}} Task
 */

const LARGEST = 4;

/** Hands requests to the workers, in order. */
export class Pool {
  /**
   * @param {string} source The worker's script.
   * @param {object} about What `exports/html.py` says of the model.
   * @param {string} weights In base64.
   * @param {(problem: Error) => void} fail Takes the reason why this browser cannot draw.
   */
  constructor(source, about, weights, fail) {
    const bytes = atob(weights);
    const { buffer } = new Uint8Array(bytes.length).map((_, i) => bytes.charCodeAt(i));
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    /** @type {Task[]} */
    this.tasks = [];
    /** @type {Worker[]} */
    this.idle = [];
    const count = Math.min(LARGEST, navigator.hardwareConcurrency || 1);
    for (let i = 0; i < count; i++) {
      const worker = new Worker(url);
      worker.onerror = ({ message }) => fail(new Error(message));
      this.next(worker, { request: { kind: "start", about, buffer }, resolve() {}, reject: fail });
    }
  }

  /** @param {object} request @returns {Promise<any>} */
  ask(request) {
    return new Promise((resolve, reject) => {
      this.tasks.push({ request, resolve, reject });
      const worker = this.idle.pop();
      if (worker) this.next(worker);
    });
  }

  /** Give up what no worker has begun. */
  clear() {
    for (const task of this.tasks.splice(0)) task.reject(new Error("it was given up"));
  }

  /** @param {Worker} worker @param {Task} [task] What it does next. */
  next(worker, task = this.tasks.shift()) {
    if (!task) return this.idle.push(worker);
    worker.onmessage = ({ data }) => {
      if ("problem" in data) task.reject(new Error(data.problem));
      else task.resolve(data.answer);
      this.next(worker);
    };
    worker.postMessage(task.request);
  }
}
