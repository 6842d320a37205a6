/** The time of day for words such as "3 min ago"; moves every ten seconds. */
class Clock {
  now = $state(Date.now());

  constructor() {
    setInterval(() => {
      this.now = Date.now();
    }, 10_000);
  }
}

export const clock = new Clock();
