import path from 'node:path';
import * as vscode from 'vscode';
import type { TrainingEstimate } from '../protocol';
import { dateTime } from '../dateTime';
import { bytes, duration, number, percent } from './format';
import { showMarkdown } from './markdownPage';

const SCHEME = 'vitlab-estimate';

/** What a page of an estimate shows; it is its address, so that a page can be read again in another session. */
interface Told {
  readonly config: string;
  readonly at: string;
  readonly estimate: TrainingEstimate;
}

/** What trainings were estimated to take: pages to read, and the last number of each configuration as long as its text stays as it was. */
export class Estimates implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #known = new Map<string, { readonly text: string; readonly estimate: TrainingEstimate }>();
  readonly #registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, { provideTextDocumentContent: ({ query }) => markdownOf(JSON.parse(query) as Told) });

  /** The estimate of a configuration whose text is still this one. */
  of(config: vscode.Uri, text: string): TrainingEstimate | undefined {
    const known = this.#known.get(config.toString());
    return known?.text === text ? known.estimate : undefined;
  }

  set(config: vscode.Uri, text: string, estimate: TrainingEstimate): void {
    this.#known.set(config.toString(), { text, estimate });
    this.#changed.fire();
  }

  async show(config: vscode.Uri, estimate: TrainingEstimate): Promise<void> {
    const told: Told = { config: config.fsPath, at: new Date().toISOString(), estimate };
    const title = vscode.l10n.t('Estimate of {0}', path.basename(config.fsPath));
    await showMarkdown(vscode.Uri.from({ scheme: SCHEME, path: `/${title}.md`, query: JSON.stringify(told) }));
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}

/** Times shorter than a minute, exactly. */
export function seconds(value: number): string {
  return value < 1 ? vscode.l10n.t('{0} ms', number(1000 * value, 3)) : value < 60 ? vscode.l10n.t('{0} s', number(value, 3)) : duration(value);
}

/** With the prefixes of the SI, as multiply-adds are told everywhere else. */
function large(value: number): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  const power = Math.max(0, Math.min(prefixes.length - 1, Math.floor(Math.log10(value) / 3)));
  return `${number(value / 1000 ** power, 3)} ${prefixes[power]!}`.trim();
}

function size(count: number): string {
  return count < 2 ** 30 ? bytes(count) : `${number(count / 2 ** 30, 3)} GiB`;
}

function markdownOf({ config, at, estimate }: Told): string {
  const { measured, notes, network, engine } = estimate;
  return [
    `# ${vscode.l10n.t('Estimate of {0}', path.basename(config))}`,
    '',
    '| | |',
    '|:--|:--|',
    ...rowsOf(estimate).map(([label, value]) => `| **${label}** | ${value} |`),
    '',
    measured.networks === 1
      ? vscode.l10n.t('Measured: {0} steps and {1} evaluated images in {2}, {3}.', measured.steps, measured.evaluated, seconds(measured.seconds), engine)
      : vscode.l10n.t('Measured: {0} steps and {1} evaluated images of {2} networks in {3}, {4}.', measured.steps, measured.evaluated, measured.networks, seconds(measured.seconds), engine),
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    `${network.name} · ${dateTime(at)} · \`${path.normalize(config)}\``,
    '',
  ].join('\n');
}

function rowsOf({ perStep, perEpoch, evaluation, total, macs, memory, imagesPerSecond, waiting, network, images, epochs, stepsPerEpoch, batchSize, preparation, trainings }: TrainingEstimate): [string, string][] {
  const whole = trainings === undefined ? vscode.l10n.t('{0} for {1} epochs and the test', seconds(total), epochs) : vscode.l10n.t('{0} for {1} trainings', seconds(total), trainings);
  return [
    [vscode.l10n.t('Training'), whole],
    [vscode.l10n.t('An epoch'), vscode.l10n.t('{0}, of which {1} is evaluation; {2} steps', seconds(perEpoch), seconds(evaluation), number(stepsPerEpoch, 6))],
    [vscode.l10n.t('A step'), vscode.l10n.t('{0} for {1} images; {2} images a second', seconds(perStep), batchSize, number(Math.round(imagesPerSecond), 3))],
    [vscode.l10n.t('Waiting for images'), vscode.l10n.t('{0} of the time of the steps', percent(waiting))],
    [vscode.l10n.t('Preparation'), vscode.l10n.t('{0} just now, for opening and compiling; the next start is shorter', seconds(preparation))],
    [vscode.l10n.t('Memory'), vscode.l10n.t('{0} taken just now; {1} by estimate of a step; {2} in this machine', size(memory.measured), size(memory.estimate), size(memory.machine))],
    [vscode.l10n.t('Multiply-adds'), vscode.l10n.t('{0} for an image, {1} for the training', large(network.macs), large(macs))],
    [vscode.l10n.t('Parameters'), number(network.params, 12)],
    [vscode.l10n.t('Images'), vscode.l10n.t('{0} training, {1} validation, {2} test', number(images.train, 9), number(images.val, 9), number(images.test, 9))],
  ];
}
