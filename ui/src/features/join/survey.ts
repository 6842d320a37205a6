import type { SurveyView } from '$/bindings/SurveyView';

import { host } from '$/stores/host';

const PERIOD_MS = 1000;

/** Asks once a second what is heard on a port; returns how to stop. A failed look is skipped. */
export function poll(
  port: number,
  network: string,
  listener: (view: SurveyView) => void,
): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = async () => {
    const view = await host()
      .survey(port, network)
      .catch(() => null);
    if (stopped) return;
    if (view) listener(view);
    timer = setTimeout(() => void look(), PERIOD_MS);
  };
  void look();

  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
