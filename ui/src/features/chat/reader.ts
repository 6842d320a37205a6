import { Rendering } from './rendering';
import Worker from './rendering.worker?worker';
import { sanitise } from './sanitise';

/** The one reader of messages in this window. */
export const rendering = new Rendering(() => new Worker(), sanitise);
