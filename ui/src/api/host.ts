import type { ApiError } from '$/bindings/ApiError';
import type { ChosenCommand } from '$/bindings/ChosenCommand';
import type { ChosenFile } from '$/bindings/ChosenFile';
import type { Command } from '$/bindings/Command';
import type { Event } from '$/bindings/Event';
import type { FileDrop } from '$/bindings/FileDrop';
import type { JoinForm } from '$/bindings/JoinForm';
import type { ReadyView } from '$/bindings/ReadyView';
import type { Session } from '$/bindings/Session';
import type { SurveyView } from '$/bindings/SurveyView';

/** What the page may ask of the node: it names no path, and it does not stop it. */
export type PageCommand = ChosenCommand | Exclude<Command, { cmd: 'send_file' | 'quit' }>;

/**
 * All that the UI knows of its host. Every promise rejects with an {@link ApiError} and nothing
 * else.
 */
export interface Host {
  /** What the window finds when it opens; cheap, asked once. */
  session(): Promise<Session>;
  /** What is known of a port and a network before joining; meant to be asked once a second. */
  survey(port: number, network: string): Promise<SurveyView>;
  /** `password` is the network's, `passphrase` the one that locks the stored history. */
  join(form: JoinForm, password: string | null, passphrase: string | null): Promise<ReadyView>;
  leave(): Promise<void>;
  /** Answers with the event that {@link PageCommand} names for it. */
  run(command: PageCommand): Promise<Event>;
  /** Events in batches, at most one batch per frame; after `join`, before asking for state. */
  subscribe(listener: (events: Event[]) => void): Promise<void>;
  /** The system's open dialog; none when it was dismissed. */
  pickFiles(): Promise<ChosenFile[]>;
  /**
   * A file of a text that was written here, as one that was chosen. `written` is when, for its name:
   * `2026-12-01 14.05`.
   */
  textAsFile(text: string, written: string): Promise<ChosenFile>;
  openDownloads(): Promise<void>;
  /** Shows a finished transfer's file in the system's file manager. */
  reveal(transfer: string): Promise<void>;
  /** Opens http, https and mailto outside, once the desktop has asked and been told to. */
  openLink(url: string): Promise<void>;
  /** Files dragged over the window from outside. */
  onFileDrop(listener: (drop: FileDrop) => void): Promise<void>;
}

/** Any failure as an {@link ApiError}; what is not one is ours to fix. */
export function asApiError(cause: unknown): ApiError {
  if (typeof cause === 'object' && cause !== null && 'code' in cause && 'message' in cause) {
    return cause as ApiError;
  }
  return { code: 'internal', message: cause instanceof Error ? cause.message : String(cause) };
}
