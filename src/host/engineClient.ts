import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { EngineApi, EngineEvents } from '../protocol';
import { connect, type Client } from '../rpc';
import { startEngine, type EngineDeath, type EngineProcess } from '../enginePort';

/** The leader of sweeps computes nothing itself: its trainings have processes of their own. */
export type EngineRole = 'trainer' | 'looker' | 'leader';

export interface EngineClientOptions {
  readonly role: EngineRole;
  readonly file: string;
  readonly log: vscode.LogOutputChannel;
  /** Folder of translated texts, where there is one for the user's language. */
  readonly l10n: string | undefined;
  readonly nodePath: () => string | undefined;
  /** What the process is told by its environment, read when it starts. */
  readonly environment?: () => Readonly<Record<string, string>>;
  /** Called with every process that has started, before its first request. */
  readonly onStart?: (client: Client<EngineApi>) => Promise<void>;
  readonly onRunEvent?: (event: EngineEvents['run']) => void;
  /** Called once for each death that nobody asked for. */
  readonly onDeath?: (reason: string) => void;
  /** Called once when the engine is given up for a while. */
  readonly onGivenUp?: (reason: string) => void;
}

const MAX_DEATHS = 3;
const WINDOW_MS = 5 * 60_000;
const BACK_OFF_MS = [0, 250, 1000];

/**
 * One engine process, started by the first request and again by the first request after its death.
 * Its death rejects all pending requests with a sentence for the user; the extension host lives on.
 */
export class EngineClient implements vscode.Disposable {
  readonly #options: EngineClientOptions;
  #running: { readonly process: EngineProcess; readonly client: Client<EngineApi> } | undefined;
  #starting: Promise<Client<EngineApi>> | undefined;
  #deaths: number[] = [];
  #toldGivenUp = false;

  constructor(options: EngineClientOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#running?.process.pid;
  }

  /** The engine's methods. Starts the process where none runs; throws when it died too often. */
  async client(): Promise<Client<EngineApi>> {
    if (this.#running) return this.#running.client;
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** The engine's methods, where its process runs. */
  get running(): Client<EngineApi> | undefined {
    return this.#running?.client;
  }

  /** Ends the process; the next request starts a new one and forgets former deaths. */
  end(): void {
    const running = this.#running;
    this.#running = undefined;
    this.#deaths = [];
    this.#toldGivenUp = false;
    running?.process.end();
  }

  dispose(): void {
    this.end();
  }

  async #start(): Promise<Client<EngineApi>> {
    const recent = this.#deaths.filter((time) => Date.now() - time < WINDOW_MS);
    this.#deaths = recent;
    if (recent.length > MAX_DEATHS) throw new Error(this.#giveUp());
    this.#toldGivenUp = false;
    await sleep(BACK_OFF_MS[Math.min(recent.length, BACK_OFF_MS.length - 1)]);

    const { role, file, log, l10n, nodePath, environment } = this.#options;
    const engine = startEngine({
      file,
      nodePath: nodePath(),
      env: {
        VITLAB_ROLE: role,
        ...(l10n === undefined ? {} : { VITLAB_L10N: l10n }),
        ...environment?.(),
      },
      onLine: (line) => log.debug(`[${role}] ${line}`),
      describeDeath: (death) => describeDeath(role, death),
    });
    log.info(`[${role}] engine process ${engine.pid ?? '?'} started`);
    const client = connect<EngineApi>(engine.port, (name, value) => this.#onEvent(name, value));
    this.#running = { process: engine, client };
    engine.port.onClose((reason) => this.#onClose(engine, reason));
    await this.#options.onStart?.(client).catch((error: unknown) => log.warn(`[${role}] ${error instanceof Error ? error.message : String(error)}`));
    return client;
  }

  #onClose(engine: EngineProcess, reason: string): void {
    const { role, log, onDeath } = this.#options;
    if (this.#running?.process !== engine) return log.info(`[${role}] engine process ${engine.pid ?? '?'} ended`);
    this.#running = undefined;
    this.#deaths.push(Date.now());
    log.error(`[${role}] ${reason}`);
    onDeath?.(reason);
  }

  #giveUp(): string {
    const { role, onGivenUp } = this.#options;
    const reason = vscode.l10n.t(
      'The ViT Lab engine ({0}) ended unexpectedly {1} times within five minutes and is not started again for now. The log says why: Output › ViT Lab.',
      roleName(role),
      this.#deaths.length,
    );
    if (!this.#toldGivenUp) onGivenUp?.(reason);
    this.#toldGivenUp = true;
    return reason;
  }

  #onEvent(name: string, value: unknown): void {
    // The engine is our own code at the other end of `EngineEvents`.
    if (name === 'run') this.#options.onRunEvent?.(value as EngineEvents['run']);
    if (name === 'log') this.#write(value as EngineEvents['log']);
  }

  #write({ level, message }: EngineEvents['log']): void {
    const { log, role } = this.#options;
    const text = `[${role}] ${message}`;
    if (level === 'error') log.error(text);
    else if (level === 'warning') log.warn(text);
    else if (level === 'info') log.info(text);
    else log.debug(text);
  }
}

function roleName(role: EngineRole): string {
  if (role === 'leader') return vscode.l10n.t('sweeps');
  return role === 'trainer' ? vscode.l10n.t('training') : vscode.l10n.t('inspection');
}

function describeDeath(role: EngineRole, death: EngineDeath): string {
  const engine = roleName(role);
  switch (death.kind) {
    case 'signal':
      return vscode.l10n.t(
        'The ViT Lab engine ({0}) was ended by the signal {1}. It starts again with the next request; the log is in Output › ViT Lab.',
        engine,
        death.signal,
      );
    case 'exit':
      return vscode.l10n.t(
        'The ViT Lab engine ({0}) ended unexpectedly with code {1}. It starts again with the next request; the log is in Output › ViT Lab.',
        engine,
        death.code,
      );
    case 'failed to start':
      return vscode.l10n.t(
        'The ViT Lab engine ({0}) could not be started: {1}. Check the setting "vitLab.engine.nodePath"; the log is in Output › ViT Lab.',
        engine,
        death.reason,
      );
  }
}
