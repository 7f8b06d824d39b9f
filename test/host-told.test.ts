/** What VS Code's own surfaces say of trainings and sweeps: the notice at the end, the status bar, the rows of the trees. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Core } from '../src/host/core';
import type { EndedEvent, LiveTraining } from '../src/host/runs';
import { registerEndNotices, registerSweepStatus, registerWarningNotices } from '../src/host/trainingStatus';
import { CheckpointsView } from '../src/host/views/checkpointsTree';
import { describedInRow, iconOf } from '../src/host/views/runItem';
import { SweepsView } from '../src/host/views/sweepsTree';
import type { CheckpointInfo, RunSummary, SweepSummary, SweepTrial } from '../src/protocol';

const { window, bar, settings } = vi.hoisted(() => {
  const bar = { text: '', tooltip: '', visible: false, show: () => void (bar.visible = true), hide: () => void (bar.visible = false), dispose: () => undefined };
  const tree = { visible: false, onDidChangeVisibility: () => ({ dispose: () => undefined }), dispose: () => undefined };
  const window = { state: { focused: true }, showInformationMessage: vi.fn(() => Promise.resolve()), showErrorMessage: vi.fn(() => Promise.resolve()), showWarningMessage: vi.fn(() => Promise.resolve()), createStatusBarItem: () => bar, createTreeView: () => tree };
  return { window, bar, settings: { notice: 'always' } };
});
vi.mock('../src/host/settings', () => ({ notifyOnEnd: () => settings.notice }));
vi.mock('vscode', () => ({
  window,
  env: { language: 'en' },
  l10n: { t: (text: string, ...args: unknown[]) => text.replace(/\{(\d)\}/g, (_, i) => String(args[Number(i)])) },
  commands: { executeCommand: vi.fn() },
  EventEmitter: class {
    event = (): object => ({ dispose: () => undefined });
    fire = (): void => undefined;
  },
  Disposable: { from: () => ({ dispose: () => undefined }) },
  StatusBarAlignment: { Left: 1 },
  TreeItemCollapsibleState: { None: 0, Collapsed: 1, Expanded: 2 },
  ThemeIcon: class {
    constructor(
      readonly id: string,
      readonly color?: object,
    ) {}
  },
  ThemeColor: class {
    constructor(readonly id: string) {}
  },
  TreeItem: class {
    constructor(
      readonly label: string,
      readonly collapsibleState = 0,
    ) {}
  },
}));

type Heard = (value: unknown) => void;

/** A core with what the surfaces listen to; `fire` tells it. */
function coreOf(sweeps: readonly SweepSummary[] = []): { readonly core: Core; readonly fire: Heard } {
  let hear: Heard = () => undefined;
  const listen = (listener: Heard): object => {
    hear = listener;
    return { dispose: () => undefined };
  };
  const core = { log: { show: () => undefined }, checkpoints: { active: undefined }, runs: { inSight: true, onDidEnd: listen, onDidStart: listen, onDidWarn: () => ({ dispose: () => undefined }) }, sweeps: { all: sweeps, onDidChange: listen, watch: () => undefined, find: () => undefined } };
  return { core: core as unknown as Core, fire: (value) => hear(value) };
}

const training = { run: '/r', name: 'vit', epochs: 3, epoch: 3, steps: 9, step: 9, loss: 1, metrics: {}, startedAt: Date.now(), sizes: { val: 40, test: 6 } } as LiveTraining;
const ended = (metrics: Record<string, number>, reason: EndedEvent['reason'] = 'completed'): EndedEvent => ({ type: 'ended', run: '/r', reason, metrics, message: 'out of memory' });

beforeEach(() => {
  vi.clearAllMocks();
  Object.assign(settings, { notice: 'always' });
  window.state.focused = true;
});

test.each([
  [{ 'test/top1': 0.5, 'val/top1': 0.625 }, training, 'vit is trained: 50% of 6 test images recognised.'],
  [{ 'val/top1': 0.625 }, training, 'vit is trained: 62.5% of 40 validation images recognised.'],
  [{ 'val/top1': 0.625 }, undefined, '/r is trained: 62.5% of the images recognised.'],
  [{ 'train/loss': 1 }, training, 'vit is trained.'],
] as const)('the end of a training says how many of how many images: %j', (metrics, of, words) => {
  const { core, fire } = coreOf();
  registerEndNotices(core);
  fire({ event: ended(metrics), training: of });
  expect(window.showInformationMessage).toHaveBeenCalledWith(words, 'Compare', 'Use This Model');
});

test('a failure is always told, a stop never, and the rest to those who did not see it', () => {
  const { core, fire } = coreOf();
  registerEndNotices(core);
  settings.notice = 'never';
  fire({ event: ended({}, 'error'), training });
  expect(window.showErrorMessage).toHaveBeenCalledWith('The training of vit failed: out of memory', 'Show Log');
  fire({ event: ended({}), training });
  settings.notice = 'away';
  fire({ event: ended({}), training });
  settings.notice = 'always';
  fire({ event: ended({}, 'stopped'), training });
  expect(window.showInformationMessage).not.toHaveBeenCalled();
  settings.notice = 'away';
  window.state.focused = false;
  fire({ event: ended({}), training });
  window.state.focused = true;
  fire({ event: ended({}), training: { ...training, startedAt: Date.now() - 180_000 } });
  expect(window.showInformationMessage).toHaveBeenCalledTimes(2);
});

const warning = { kind: 'overfitting', message: 'm', advice: 'a' };
const run = (change: Partial<RunSummary>): RunSummary => ({ path: '/r', name: 'vit', state: 'finished', created: '', epoch: 3, epochs: 3, step: 9, steps: 9, latest: { 'test/top1': 0.5 }, dataset: 'd', resumable: false, ...change });

test('a run with warnings has no green tick, and its row counts them where it is not cut off', () => {
  expect(iconOf(run({}))).toMatchObject({ id: 'pass', color: { id: 'testing.iconPassed' } });
  const warned = run({ warnings: [warning, warning] as unknown as NonNullable<RunSummary['warnings']> });
  expect(iconOf(warned)).toMatchObject({ id: 'pass', color: { id: 'problemsWarningIcon.foreground' } });
  expect(iconOf(run({ ...warned, state: 'failed' }))).toMatchObject({ id: 'error', color: { id: 'testing.iconFailed' } });
  const shown = { sort: 'created', metric: 'val/top1' } as Parameters<typeof describedInRow>[2];
  expect(describedInRow(run({}), undefined, shown)).toBe('test 50% · 3/3');
  expect(describedInRow(warned, undefined, shown)).toBe('test 50% · ⚠ 2 · 3/3');
});

const trial = (index: number, change: Partial<SweepTrial>): SweepTrial => ({ index, setting: index, label: `patch_size 4, embed_dim ${String(64 * index)}, pos_embed learned-1-d`, short: `4 · ${String(64 * index)} · learned-1-d`, seed: 1, round: 0, epochs: 3, state: 'waiting', ...change });
const sweep = (change: Partial<SweepSummary>): SweepSummary => ({ path: '/s', name: 'patch and width', created: '', config: '/c.yaml', state: 'running', monitor: 'val/top1', keys: ['patch_size', 'embed_dim'], rounds: 1, trials: [], ...change });

test('the status bar counts the trainings of all sweeps that run, without those that were skipped, and goes when none does', () => {
  const sweeps = [
    sweep({ trials: [trial(0, { state: 'finished' }), trial(1, { state: 'failed' }), trial(2, { state: 'running' }), trial(3, { state: 'skipped' })] }),
    sweep({ name: 'other', state: 'pausing', trials: [trial(0, {})] }),
    sweep({ name: 'old', state: 'finished', trials: [trial(0, { state: 'finished' })] }),
  ];
  const { core, fire } = coreOf(sweeps);
  registerSweepStatus(core);
  fire(undefined);
  expect([bar.visible, bar.text]).toEqual([true, '$(sync~spin) sweep 2/4']);
  expect(bar.tooltip).toBe('patch and width, other: 2 of 4 trainings are over. Click to show the sweeps.');
  sweeps.splice(0, 2);
  fire(undefined);
  expect(bar.visible).toBe(false);
});

test('a row of the Sweeps view keeps what tells one training from another, and says all of it to a screen reader', () => {
  const long = sweep({ name: 'a sweep of patches, widths and positions on CIFAR-10', rounds: 2 });
  const { core } = coreOf([long]);
  const view = new SweepsView(core);
  const item = view.getTreeItem({ kind: 'trial', sweep: long, trial: trial(2, { short: 'shifted_patches · locality · sinusoidal · 128', round: 1 }) });
  expect(item.label).toMatch(/^shifted_patch.*….* · 128, seed 1, round 2$/);
  expect(item.accessibilityInformation?.label).toContain('patch_size 4, embed_dim 128, pos_embed learned-1-d, seed 1');
  const head = view.getTreeItem({ kind: 'sweep', sweep: long });
  expect(head.label).toMatch(/^a sweep.*….*CIFAR-10$/);
  expect(head.accessibilityInformation?.label).toContain(long.name);
});

test('what is odd before a training starts is told once, with how much more there is', () => {
  const { core, fire } = coreOf();
  registerWarningNotices(core);
  fire({ name: 'vit', warnings: [] });
  expect(window.showWarningMessage).not.toHaveBeenCalled();
  fire({ name: 'vit', warnings: ['Images of test that are in train, too.'] });
  fire({ name: 'vit', warnings: ['Skipped 1.png.', 'The classes are uneven.', 'Copies.'] });
  expect(window.showWarningMessage.mock.calls).toEqual([
    ['vit: Images of test that are in train, too.', 'Show Log'],
    ['vit: Skipped 1.png. 2 more warnings are in the log.', 'Show Log'],
  ]);
});

test('a checkpoint from within an epoch is not taken for that of the epoch before', () => {
  const none = () => ({ dispose: () => undefined });
  const core = { checkpoints: { all: [], active: undefined, loaded: true, onDidChange: none, isBundled: () => false, refresh: () => Promise.resolve() }, runs: { onDidChange: none, watch: () => undefined } };
  const view = new CheckpointsView(core as unknown as Core);
  const labelOf = (file: string, step: number): unknown => {
    const checkpoint = { path: `/r/checkpoints/${file}.safetensors`, run: '/r', epoch: 13, step, best: false, last: true, bytes: 100, metrics: {} } as unknown as CheckpointInfo;
    return view.getTreeItem({ kind: 'checkpoint', checkpoint }).label;
  };
  expect(labelOf('epoch-0013', 468)).toBe('last (epoch 13)');
  expect(labelOf('epoch-0013-step-000480', 480)).toBe('last (epoch 13, step 480)');
});
